import { ByteReader, ByteWriter, ComError, HResult } from "../../base/index.ts";
import {
  type AlterContextResponseBody,
  decodeAlterContextResponse,
  encodeAlterContextResponse,
} from "./alter-context-response.ts";
import { type AlterContextBody, decodeAlterContext, encodeAlterContext } from "./alter-context.ts";
import { type Auth3Body, decodeAuth3, encodeAuth3 } from "./auth3.ts";
import { type BindAckBody, decodeBindAck, encodeBindAck } from "./bind-ack.ts";
import { type BindNakBody, decodeBindNak, encodeBindNak } from "./bind-nak.ts";
import { type BindBody, decodeBind, encodeBind } from "./bind.ts";
import { type CoCancelBody, decodeCoCancel, encodeCoCancel } from "./co-cancel.ts";
import { type FaultBody, decodeFault, encodeFault } from "./fault.ts";
import { DREP_LITTLE_ENDIAN, HEADER_BYTES, type PduHeader, decodeHeader, encodeHeader } from "./header.ts";
import { type OrphanedBody, decodeOrphaned, encodeOrphaned } from "./orphaned.ts";
import { PacketType, packetTypeNames } from "./packet-type.ts";
import { type RequestBody, decodeRequest, encodeRequest } from "./request.ts";
import { type ResponseBody, decodeResponse, encodeResponse } from "./response.ts";
import { type ShutdownBody, decodeShutdown, encodeShutdown } from "./shutdown.ts";
import { type AuthVerifier, TRAILER_BYTES, decodeVerifier, encodeVerifier } from "./verifier.ts";

export type PduBody =
  | RequestBody
  | ResponseBody
  | FaultBody
  | BindBody
  | BindAckBody
  | BindNakBody
  | AlterContextBody
  | AlterContextResponseBody
  | Auth3Body
  | ShutdownBody
  | CoCancelBody
  | OrphanedBody;

/** A whole packet. */
export interface Pdu {
  readonly header: PduHeader;
  readonly body: PduBody;
  /** Bytes between the body and the verifier (or the end): authentication padding, extended error information. */
  readonly padding: Uint8Array;
  readonly auth: AuthVerifier | undefined;
}

interface BodyCodec<B extends PduBody> {
  encode(writer: ByteWriter, body: B): void;
  decode(reader: ByteReader, flags: number): B;
}

type CodecTable = { readonly [T in PacketType]: BodyCodec<Extract<PduBody, { type: T }>> };

const codecs = {
  [PacketType.request]: { encode: encodeRequest, decode: decodeRequest },
  [PacketType.response]: { encode: encodeResponse, decode: decodeResponse },
  [PacketType.fault]: { encode: encodeFault, decode: decodeFault },
  [PacketType.bind]: { encode: encodeBind, decode: decodeBind },
  [PacketType.bindAck]: { encode: encodeBindAck, decode: decodeBindAck },
  [PacketType.bindNak]: { encode: encodeBindNak, decode: decodeBindNak },
  [PacketType.alterContext]: { encode: encodeAlterContext, decode: decodeAlterContext },
  [PacketType.alterContextResponse]: {
    encode: encodeAlterContextResponse,
    decode: decodeAlterContextResponse,
  },
  [PacketType.auth3]: { encode: encodeAuth3, decode: decodeAuth3 },
  [PacketType.shutdown]: { encode: encodeShutdown, decode: decodeShutdown },
  [PacketType.coCancel]: { encode: encodeCoCancel, decode: decodeCoCancel },
  [PacketType.orphaned]: { encode: encodeOrphaned, decode: decodeOrphaned },
} as const satisfies CodecTable;

function codecOf(type: number): BodyCodec<PduBody> {
  const codec = (codecs as unknown as Readonly<Record<number, BodyCodec<PduBody>>>)[type];
  if (codec === undefined) {
    const name = packetTypeNames[type] ?? "unknown";
    throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, `packet type ${type} (${name}) on a connection`);
  }
  return codec;
}

/**
 * Decodes one whole packet that lies at `start`. The result shares no memory with `bytes`. Throws RPC_S_PROTOCOL_ERROR or
 * RPC_X_BAD_STUB_DATA for anything that is not a packet.
 */
export function decodePdu(bytes: Uint8Array, start = 0, end: number = bytes.length): Pdu {
  const reader = new ByteReader(bytes, start, end);
  const header = decodeHeader(reader);
  const pduEnd = start + header.fragLength;
  if (header.fragLength < HEADER_BYTES || pduEnd > end) {
    throw new ComError(
      HResult.RPC_S_PROTOCOL_ERROR,
      `fragment length ${header.fragLength} with ${end - start} bytes present`,
    );
  }
  const codec = codecOf(header.type);
  const auth = readVerifier(bytes, start, pduEnd, header, reader.littleEndian);
  const bodyLimit = pduEnd - (auth === undefined ? 0 : header.authLength + TRAILER_BYTES);
  reader.end = bodyLimit - (auth !== undefined && carriesStub(header.type) ? auth.padLength : 0);
  if (reader.end < reader.pos)
    throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, "authentication padding too long");
  const body = codec.decode(reader, header.flags);
  const padding = bytes.slice(reader.pos, bodyLimit);
  return { header, body, padding, auth };
}

/** Only these bodies have no length of their own, so that padding must be told apart from stub. */
function carriesStub(type: number): boolean {
  return type === PacketType.request || type === PacketType.response || type === PacketType.fault;
}

function readVerifier(
  bytes: Uint8Array,
  start: number,
  pduEnd: number,
  header: PduHeader,
  littleEndian: boolean,
): AuthVerifier | undefined {
  if (header.authLength === 0) return undefined;
  const at = pduEnd - header.authLength - TRAILER_BYTES;
  if (at < start + HEADER_BYTES)
    throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, "authentication token too long");
  return decodeVerifier(new ByteReader(bytes, at, pduEnd, littleEndian), header.authLength);
}

/**
 * Encodes a packet, little-endian, with lengths computed. What {@link decodePdu} read from little-endian bytes comes out as it was.
 */
export function encodePdu(pdu: Pdu): Uint8Array {
  const writer = new ByteWriter();
  encodeHeader(writer, { ...pdu.header, drep: pdu.header.drep | DREP_LITTLE_ENDIAN });
  codecOf(pdu.body.type).encode(writer, pdu.body);
  writer.raw(pdu.padding);
  if (pdu.auth !== undefined) encodeVerifier(writer, pdu.auth);
  writer.patchU16(8, writer.pos);
  writer.patchU16(10, pdu.auth?.value.length ?? 0);
  return writer.finish();
}

const nothing = new Uint8Array(0);

/** A packet of the ordinary kind, to be encoded: one fragment, its padding computed. */
export function makePdu(body: PduBody, callId: number, flags: number, auth?: AuthVerifier): Pdu {
  const header: PduHeader = {
    minorVersion: 0,
    type: body.type,
    flags,
    drep: DREP_LITTLE_ENDIAN,
    fragLength: 0,
    authLength: auth?.value.length ?? 0,
    callId,
  };
  return { header, body, padding: nothing, auth };
}
