import { Asn1Reader, Asn1Writer, Tag, applicationTag, contextTag } from "../../asn1/index.ts";
import { badToken, decoding } from "../failure.ts";
import { defaultAuthLimits } from "../limits.ts";
import { spnegoOid } from "./oids.ts";

/** What an acceptor says of the negotiation (negState, RFC 4178 4.2.2). */
export const NegState = { acceptCompleted: 0, acceptIncomplete: 1, reject: 2, requestMic: 3 } as const;

/**
 * NegTokenInit, the first token (RFC 4178 4.2.1), or NegTokenInit2, with hints, when a server speaks first
 * ([MS-SPNG] 2.2.1).
 */
export interface NegTokenInit {
  /** Object identifiers of the mechanisms, preferred first. */
  readonly mechTypes: readonly string[];
  /** The encoded list as it was received: what mechListMIC signs. Ignored when encoding. */
  readonly mechTypesRaw?: Uint8Array | undefined;
  readonly mechToken?: Uint8Array | undefined;
  readonly mechListMic?: Uint8Array | undefined;
  /** hintName of NegTokenInit2; always "not_defined_in_RFC4178@please_ignore". */
  readonly hintName?: string | undefined;
}

/** NegTokenResp, every later token (RFC 4178 4.2.2). */
export interface NegTokenResp {
  readonly negState?: number | undefined;
  readonly supportedMech?: string | undefined;
  readonly responseToken?: Uint8Array | undefined;
  readonly mechListMic?: Uint8Array | undefined;
}

export type SpnegoToken =
  | { readonly kind: "init"; readonly init: NegTokenInit }
  | { readonly kind: "resp"; readonly resp: NegTokenResp };

/** GSS-API's frame around a first token (RFC 2743 3.1). */
const gssFrame = applicationTag(0);
const [field0, field1, field2, field3, field4] = [0, 1, 2, 3, 4].map((n) => contextTag(n)) as [
  number,
  number,
  number,
  number,
  number,
];

/** MechTypeList alone: what mechListMIC signs. */
export function encodeMechTypes(mechTypes: readonly string[]): Uint8Array {
  const w = new Asn1Writer();
  w.within(Tag.sequence, () => {
    for (const oid of mechTypes) w.oid(oid);
  });
  return w.finish();
}

function octets(w: Asn1Writer, field: number, value: Uint8Array | undefined): void {
  if (value !== undefined) w.within(field, () => void w.octetString(value));
}

export function encodeNegTokenInit(init: NegTokenInit): Uint8Array {
  const { hintName } = init;
  const w = new Asn1Writer();
  w.within(gssFrame, () => {
    w.oid(spnegoOid).within(field0, () => {
      w.within(Tag.sequence, () => {
        w.within(field0, () => void w.raw(encodeMechTypes(init.mechTypes)));
        octets(w, field2, init.mechToken);
        if (hintName !== undefined) {
          w.within(field3, () => {
            w.within(Tag.sequence, () => void w.within(field0, () => void w.generalString(hintName)));
          });
        }
        octets(w, hintName === undefined ? field3 : field4, init.mechListMic);
      });
    });
  });
  return w.finish();
}

export function encodeNegTokenResp(resp: NegTokenResp): Uint8Array {
  const { negState, supportedMech } = resp;
  const w = new Asn1Writer();
  w.within(field1, () => {
    w.within(Tag.sequence, () => {
      if (negState !== undefined) w.within(field0, () => void w.enumerated(negState));
      if (supportedMech !== undefined) w.within(field1, () => void w.oid(supportedMech));
      octets(w, field2, resp.responseToken);
      octets(w, field3, resp.mechListMic);
    });
  });
  return w.finish();
}

/** Reads any SPNEGO token; byte strings in the answer are views. */
export function decodeSpnego(token: Uint8Array): SpnegoToken {
  return decoding("SPNEGO token", () => {
    if (token.length > defaultAuthLimits.maxTokenBytes) {
      throw badToken(`longer than ${defaultAuthLimits.maxTokenBytes} bytes`);
    }
    const r = new Asn1Reader(token);
    if (r.at(field1)) return { kind: "resp", resp: readResp(r) };
    if (r.at(field0)) return { kind: "init", init: readInit(r) };
    r.open(gssFrame);
    const mechanism = r.oid();
    if (mechanism !== spnegoOid) throw badToken(`of mechanism ${mechanism}, not SPNEGO`);
    return { kind: "init", init: readInit(r) };
  });
}

/** Reads one `[n] OCTET STRING` if it is next. */
function optionalOctets(r: Asn1Reader, field: number): Uint8Array | undefined {
  if (!r.at(field)) return undefined;
  const outer = r.open(field);
  const value = r.octetString();
  r.close(outer);
  return value;
}

function readInit(r: Asn1Reader): NegTokenInit {
  r.open(field0);
  const body = r.open(Tag.sequence);
  const list = r.open(field0);
  const mechTypesRaw = r.raw(Tag.sequence);
  r.close(list);
  const mechTypes = readMechTypes(mechTypesRaw);
  if (r.at(field1)) r.skip(); // reqFlags: not protected, ignored by everyone (RFC 4178 4.2.1)
  const mechToken = optionalOctets(r, field2);
  const third = r.at(field3) ? r.raw(field3) : undefined;
  const hints = third !== undefined && holdsHints(third) ? third : undefined;
  const mechListMic =
    third === undefined || hints !== undefined
      ? optionalOctets(r, field4)
      : optionalOctets(new Asn1Reader(third), field3);
  r.leave(body);
  const hintName = hints === undefined ? undefined : readHint(hints);
  return { mechTypes, mechTypesRaw, mechToken, mechListMic, hintName };
}

function readMechTypes(raw: Uint8Array): string[] {
  const r = new Asn1Reader(raw);
  r.open(Tag.sequence);
  const mechTypes: string[] = [];
  while (!r.done) {
    if (mechTypes.length >= defaultAuthLimits.maxMechanisms) {
      throw badToken(`offers more than ${defaultAuthLimits.maxMechanisms} mechanisms`);
    }
    mechTypes.push(r.oid());
  }
  return mechTypes;
}

/** negHints, a sequence where NegTokenInit has an octet string ([MS-SPNG] 2.2.1). */
function readHint(raw: Uint8Array): string | undefined {
  const r = new Asn1Reader(raw);
  r.open(field3);
  r.open(Tag.sequence);
  if (!r.at(field0)) return undefined;
  r.open(field0);
  return r.generalString();
}

/** True when `[3]` holds negHints rather than mechListMIC. */
function holdsHints(raw: Uint8Array): boolean {
  const r = new Asn1Reader(raw);
  r.open(field3);
  return r.at(Tag.sequence);
}

function readResp(r: Asn1Reader): NegTokenResp {
  r.open(field1);
  const body = r.open(Tag.sequence);
  let negState: number | undefined;
  let supportedMech: string | undefined;
  if (r.at(field0)) {
    const outer = r.open(field0);
    negState = r.enumerated();
    r.close(outer);
  }
  if (r.at(field1)) {
    const outer = r.open(field1);
    supportedMech = r.oid();
    r.close(outer);
  }
  const responseToken = optionalOctets(r, field2);
  const mechListMic = optionalOctets(r, field3);
  r.leave(body);
  return { negState, supportedMech, responseToken, mechListMic };
}
