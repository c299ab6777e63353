import type { Guid } from "../../../base/index.ts";
import type {
  ActivatedInterface,
  ActivationSource,
  ExporterActivated,
  ExporterActivation,
  ExporterRegistration,
  ExporterStatus,
  Oid,
  ResolvedOxid,
} from "../../resolver-contract.ts";
import type { DualStringArray } from "../../dual-string-array.ts";
import type { TraceEvent, TraceRequest } from "../../observe/event-trace.ts";
import { type Fields, formatBytes, formatU64 } from "./fields.ts";

/*
 * The messages of the local link as plain JSON: 64-bit numbers in hexadecimal, bytes in base64. One pair of functions for each value.
 */

export function writeBindings(bindings: DualStringArray): object {
  return { strings: bindings.strings, security: bindings.security };
}

export function readBindings(fields: Fields): DualStringArray {
  return {
    strings: fields.records("strings").map((item) => {
      return { tower: item.number("tower"), address: item.text("address") };
    }),
    security: fields.records("security").map((item) => {
      const reserved = item.optionalNumber("reserved");
      const binding = { service: item.number("service"), principal: item.text("principal") };
      return reserved === undefined ? binding : { ...binding, reserved };
    }),
  };
}

/** Objects named by one message: a million of them, given up at once, must not make one that is too long. */
const oidsPerMessage = 65_536;

/** OIDs as the link writes them, in as many messages as they need. */
export function* batchesOf(oids: readonly Oid[]): Iterable<string[]> {
  for (let at = 0; at < oids.length; at += oidsPerMessage)
    yield oids.slice(at, at + oidsPerMessage).map(formatU64);
}

export function writeResolved(value: ResolvedOxid): object {
  return { ...value, bindings: writeBindings(value.bindings) };
}

export function readResolved(fields: Fields): ResolvedOxid {
  const version = fields.record("version");
  return {
    bindings: readBindings(fields.record("bindings")),
    ipidRemUnknown: fields.guid("ipidRemUnknown"),
    authenticationHint: fields.number("authenticationHint"),
    version: { major: version.number("major"), minor: version.number("minor") },
  };
}

export function writeRegistration(value: ExporterRegistration): object {
  const { resume, ...rest } = value;
  const kept = resume && { oxid: formatU64(resume.oxid), oidPrefix: resume.oidPrefix };
  return { ...rest, ...writeResolved(value), resume: kept };
}

export function readRegistration(fields: Fields): ExporterRegistration {
  const launchToken = fields.optionalText("launchToken");
  const resume = fields.raw("resume") === undefined ? undefined : fields.record("resume");
  return {
    ...readResolved(fields),
    pid: fields.number("pid"),
    name: fields.text("name"),
    ...(launchToken === undefined ? {} : { launchToken }),
    ...(resume && { resume: { oxid: resume.u64("oxid"), oidPrefix: resume.number("oidPrefix") >>> 0 } }),
  };
}

export function writeActivation(value: ExporterActivation): object {
  return { ...value, source: value.source && writeSource(value.source) };
}

/** What an instance is loaded from, as the link writes it. */
export function writeSource(source: ActivationSource): object {
  return "file" in source ? source : { storage: formatBytes(source.storage) };
}

export function readSource(fields: Fields): ActivationSource | undefined {
  if (fields.raw("source") === undefined) return undefined;
  const source = fields.record("source");
  const storage = source.optionalBytes("storage");
  if (storage !== undefined) return { storage };
  const file = source.record("file");
  return { file: { name: file.text("name"), mode: file.number("mode") >>> 0 } };
}

export function readActivation(fields: Fields): ExporterActivation {
  const caller = fields.record("caller");
  const pid = caller.optionalNumber("pid");
  const source = readSource(fields);
  return {
    ...(source && { source }),
    clsid: fields.guid("clsid"),
    iids: fields.guids("iids"),
    classObject: fields.flag("classObject"),
    destination: fields.text("destination") === "local" ? "local" : "machine",
    caller: {
      account: caller.optionalText("account"),
      authenticationLevel: caller.number("authenticationLevel"),
      ...(pid === undefined ? {} : { pid }),
    },
  };
}

export function writeActivated(value: ExporterActivated): object {
  const { interfaces, activator } = value;
  return { interfaces: interfaces.map(writeInterface), activator: activator && formatBytes(activator) };
}

function writeInterface({ iid, hresult, objref }: ActivatedInterface): object {
  return { iid, hresult, objref: objref && formatBytes(objref) };
}

export function readActivated(fields: Fields): ExporterActivated {
  const activator = fields.optionalBytes("activator");
  return {
    ...(activator && { activator }),
    interfaces: fields.records("interfaces").map((item) => {
      const objref = item.optionalBytes("objref");
      const entry = { iid: item.guid("iid"), hresult: item.number("hresult") >>> 0 };
      return objref === undefined ? entry : { ...entry, objref };
    }),
  };
}

export function writeStatus(value: ExporterStatus): object {
  return { ...value, objects: value.objects.map((object) => ({ ...object, oid: formatU64(object.oid) })) };
}

export function readStatus(fields: Fields): ExporterStatus {
  const apartment = fields.record("apartment");
  return {
    apartment: { kind: readKind(apartment.text("kind")), thread: apartment.number("thread") },
    connections: fields.number("connections"),
    calls: fields.number("calls"),
    objects: fields.records("objects").map((item) => {
      return {
        oid: item.u64("oid"),
        interfaces: item.records("interfaces").map((one) => {
          return {
            name: one.text("name"),
            references: one.number("references"),
            tables: one.number("tables"),
          };
        }),
        references: item.number("references"),
        name: item.text("name"),
        neutral: item.flag("neutral"),
      };
    }),
  };
}

function readKind(kind: string): ExporterStatus["apartment"]["kind"] {
  return kind === "single" || kind === "multi" || kind === "neutral" ? kind : "main";
}

/** A use of a class as the link names it. */
export function readUses(fields: Fields): "single" | "multiple" | "multiSeparate" | "surrogate" {
  const uses = fields.text("uses");
  return uses === "single" || uses === "multiSeparate" || uses === "surrogate" ? uses : "multiple";
}

/** What a process asks of the SCM beside joining: an activation on this machine. */
export interface LocalActivation {
  readonly clsid: Guid;
  readonly iids: readonly Guid[];
  readonly classObject: boolean;
  /** The caller wants another machine if the class names one. */
  readonly remoteOnly?: boolean;
  /** What the new instance is loaded from. */
  readonly source?: ActivationSource;
  /** The client in whose name the process asks, when it impersonates one. */
  readonly client?: { readonly account?: string; readonly sid?: string };
}

/** Reads in whose name an activation is asked for; undefined: in that of the process's own user. */
export function readClient(fields: Fields): { account: string | undefined; sid?: string } | undefined {
  if (fields.raw("client") === undefined) return undefined;
  const client = fields.record("client");
  const sid = client.optionalText("sid");
  return { account: client.optionalText("account"), ...(sid !== undefined && { sid }) };
}

/** The answer: where the interfaces live, or the machine to ask instead (RemoteServerName). */
export type LocalActivated =
  | {
      readonly oxid: bigint;
      readonly exporter: ResolvedOxid;
      readonly interfaces: readonly ActivatedInterface[];
      /** The server's ILocalActivator: for the next activations of the class. */
      readonly activator?: Uint8Array;
    }
  | { readonly machine: string };

export function writeTraceRequest(value: TraceRequest): object {
  return value;
}

export function readTraceRequest(fields: Fields): TraceRequest {
  const keep = fields.optionalNumber("keep");
  const most = Math.min(fields.number("most"), mostTraceEvents);
  const within = fields.raw("within") === undefined ? {} : { within: fields.flag("within") };
  return { after: fields.number("after"), most, ...within, ...(keep === undefined ? {} : { keep }) };
}

/** Events in one message: as many as fit without making it too long. */
const mostTraceEvents = 1000;

export function writeTrace(events: readonly TraceEvent[]): object {
  return { events };
}

export function readTrace(fields: Fields): TraceEvent[] {
  return fields.records("events").map((item): TraceEvent => {
    const kind = item.text("kind");
    const optional = {
      causality: item.optionalText("causality") as Guid | undefined,
      object: item.optionalText("object"),
      took: item.optionalNumber("took"),
      hresult: item.optionalNumber("hresult"),
      caller: item.optionalText("caller"),
    };
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
    return {
      number: item.number("number"),
      at: item.number("at"),
      kind: (traceKinds.find((one) => one === kind) ?? "in") satisfies TraceEvent["kind"],
      what: item.text("what"),
      ...given,
    };
  });
}

const traceKinds: readonly TraceEvent["kind"][] = [
  "out",
  "in",
  "within",
  "exported",
  "withdrawn",
  "activation",
];
