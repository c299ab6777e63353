import { ByteReader, ByteWriter, ComError, HResult } from "../base/index.ts";

/** Tower identifiers of string bindings that matter here ([C706] appendix I, [MS-RPCE] 2.1). */
export const TowerId = {
  tcp: 0x07,
  udp: 0x08,
  namedPipe: 0x0f,
  /** ncalrpc: the address of a Comity process is the path of a Unix socket, `host[path]`. */
  local: 0x10,
  http: 0x1f,
  /** A thread of this process, `[OXID]`. Never on a wire: larger than a tower identifier can be. */
  thread: 0x10000,
} as const;

/** One way to reach a resolver or exporter ([MS-DCOM] 2.2.19.3). */
export interface StringBinding {
  readonly tower: number;
  /** `server` (a resolver) or `server[endpoint]` (an exporter). */
  readonly address: string;
}

/** One way to authenticate there ([MS-DCOM] 2.2.19.4). */
interface SecurityBinding {
  /** RPC_C_AUTHN_*: 9 SPNEGO, 10 NTLM, 16 Kerberos. */
  readonly service: number;
  /** The service principal name; empty for none. */
  readonly principal: string;
  /** The reserved field as received (0xffff from Windows). */
  readonly reserved?: number;
}

/** The network addresses and security services of a machine's resolver or of an exporter ([MS-DCOM] 2.2.19.1). */
export interface DualStringArray {
  readonly strings: readonly StringBinding[];
  readonly security: readonly SecurityBinding[];
}

export const noBindings: DualStringArray = { strings: [], security: [] };

/** The most bindings read from one array: stops a reference that makes us try thousands of addresses. */
const maxBindings = 256;

/** Reads the packed form: two counts, then units ([MS-DCOM] 2.2.19.1). Throws RPC_E_INVALID_OBJREF for one that contradicts itself. */
export function readDualStringArray(reader: ByteReader): DualStringArray {
  const units = reader.u16();
  const securityOffset = reader.u16();
  return readUnits(reader, units, securityOffset);
}

/** Reads the units alone (the NDR form gives the counts apart). The same bytes give the same array: most references come from a few machines. */
export function readUnits(reader: ByteReader, units: number, securityOffset: number): DualStringArray {
  reader.need(units * 2);
  if (units === 0) return noBindings;
  const { littleEndian } = reader;
  const bytes = Buffer.from(reader.bytes.buffer, reader.bytes.byteOffset + reader.pos, units * 2);
  const known = met.find(
    (one) =>
      one.securityOffset === securityOffset && one.littleEndian === littleEndian && bytes.equals(one.bytes),
  );
  if (known !== undefined) {
    reader.skip(units * 2);
    return known.array;
  }
  const copy = units <= mostUnitsRemembered ? Uint8Array.from(bytes) : undefined;
  const array = parseUnits(reader, units, securityOffset);
  if (copy !== undefined) {
    if (met.length === mostRemembered) met.shift();
    met.push({ bytes: copy, securityOffset, littleEndian, array });
  }
  return array;
}

/** An array that was read, and the bytes it stood in. */
interface Met {
  readonly bytes: Uint8Array;
  readonly securityOffset: number;
  readonly littleEndian: boolean;
  readonly array: DualStringArray;
}

const met: Met[] = [];
/** Enough for the machines a process talks to at one time; strangers push out one another. */
const mostRemembered = 16;
const mostUnitsRemembered = 2048;

function parseUnits(reader: ByteReader, units: number, securityOffset: number): DualStringArray {
  const end = reader.pos + units * 2;
  if (securityOffset > units) throw bad(`security bindings start at unit ${securityOffset} of ${units}`);
  const middle = reader.pos + securityOffset * 2;
  const strings = readStringBindings(reader, middle);
  reader.pos = middle;
  const security = readSecurityBindings(reader, end);
  reader.pos = end;
  return { strings, security };
}

function readStringBindings(reader: ByteReader, end: number): StringBinding[] {
  const list: StringBinding[] = [];
  while (reader.pos < end) {
    const tower = reader.u16();
    if (tower === 0) break;
    if (list.length === maxBindings) throw bad(`more than ${maxBindings} string bindings`);
    list.push({ tower, address: readText(reader, end) });
  }
  return list;
}

function readSecurityBindings(reader: ByteReader, end: number): SecurityBinding[] {
  const list: SecurityBinding[] = [];
  while (reader.pos < end) {
    const service = reader.u16();
    if (service === 0) break;
    if (list.length === maxBindings) throw bad(`more than ${maxBindings} security bindings`);
    if (reader.pos + 2 > end) throw bad("a security binding is cut off");
    const reserved = reader.u16();
    list.push({ service, principal: readText(reader, end), reserved });
  }
  return list;
}

function readText(reader: ByteReader, end: number): string {
  for (let at = reader.pos; at + 2 <= end; at += 2) {
    if (reader.view.getUint16(at, reader.littleEndian) !== 0) continue;
    const text = reader.utf16((at - reader.pos) >> 1);
    reader.skip(2);
    return text;
  }
  throw bad("a binding without its terminator");
}

/** Writes the packed form as Windows lays it out: each list ends with a zero unit; an empty list is two zero units. */
export function writeDualStringArray(writer: ByteWriter, array: DualStringArray): void {
  let bytes = packed.get(array);
  if (bytes === undefined) {
    const own = new ByteWriter(256);
    pack(own, array);
    packed.set(array, (bytes = own.finish()));
  }
  writer.raw(bytes);
}

/** Bindings never change, and a machine's stand in every reference to its objects. */
const packed = new WeakMap<DualStringArray, Uint8Array>();

function pack(writer: ByteWriter, array: DualStringArray): void {
  const head = writer.pos;
  writer.u16(0);
  writer.u16(0);
  const securityOffset = writeUnits(writer, array);
  writer.patchU16(head, (writer.pos - head - 4) >> 1);
  writer.patchU16(head + 2, securityOffset);
}

/** Writes the units and answers the security offset. */
function writeUnits(writer: ByteWriter, array: DualStringArray): number {
  const start = writer.pos;
  for (const { tower, address } of array.strings) {
    writer.u16(tower);
    writeText(writer, address);
  }
  writer.u16(0);
  if (array.strings.length === 0) writer.u16(0);
  const securityOffset = (writer.pos - start) >> 1;
  for (const { service, principal, reserved } of array.security) {
    writer.u16(service);
    writer.u16(reserved ?? 0xffff);
    writeText(writer, principal);
  }
  writer.u16(0);
  if (array.security.length === 0) writer.u16(0);
  return securityOffset;
}

function writeText(writer: ByteWriter, text: string): void {
  if (text.includes("\0")) throw new ComError(HResult.E_INVALIDARG, "a binding cannot hold a null character");
  writer.reserve(text.length * 2 + 2);
  writer.utf16(text);
  writer.u16(0);
}

/** Equal in content and order. */
export function sameBindings(a: DualStringArray, b: DualStringArray): boolean {
  return a === b || bindingsKey(a) === bindingsKey(b);
}

/** A text that is equal for equal string bindings: what machines are told apart by. */
export function bindingsKey(array: DualStringArray): string {
  let key = keys.get(array);
  if (key === undefined) {
    key = array.strings.map(({ tower, address }) => `${tower}:${address.toLowerCase()}`).join(" ");
    keys.set(array, key);
  }
  return key;
}

const keys = new WeakMap<DualStringArray, string>();

function bad(message: string): ComError {
  return new ComError(HResult.RPC_E_INVALID_OBJREF, message);
}

/** The NDR structure of the same name ([MS-DCOM] 2.2.19.2). */
export interface NdrDualStringArray {
  readonly wNumEntries: number;
  readonly wSecurityOffset: number;
  readonly aStringArray: ArrayLike<number>;
}

export function fromNdr(structure: NdrDualStringArray): DualStringArray {
  const units = Uint16Array.from(structure.aStringArray);
  const reader = new ByteReader(new Uint8Array(units.buffer), 0, units.byteLength, hostIsLittleEndian);
  return readUnits(reader, units.length, structure.wSecurityOffset);
}

export function toNdr(array: DualStringArray): NdrDualStringArray & { readonly aStringArray: Uint16Array } {
  const writer = new ByteWriter(256);
  const wSecurityOffset = writeUnits(writer, array);
  const aStringArray = new Uint16Array(writer.pos / 2);
  for (let i = 0; i < aStringArray.length; i++) aStringArray[i] = writer.view.getUint16(i * 2, true);
  return { wNumEntries: aStringArray.length, wSecurityOffset, aStringArray };
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
