import { ByteReader, ByteWriter, ComError, type Guid, HResult, guid, hex32 } from "../../base/index.ts";
import type { OrpcExtent } from "./extent.ts";

/** CLSID_ContextExtension: context properties that travel with a call ([MS-DCOM] 2.2.21.4). */
export const CLSID_ContextExtension: Guid = guid("00000334-0000-0000-c000-000000000046");

const signature = 0x414e554b;
const entrySignature = 0x494e414e;
const headSize = 32;
const entrySize = 32;
const maxPolicies = 64;

/** One context property's data. */
interface ContextEntry {
  readonly policy: Guid;
  readonly data: Uint8Array;
}

/** The context extension of a call. `hresult` is the server's own status about it. */
export interface ContextExtension {
  readonly entries: readonly ContextEntry[];
  readonly hresult: number;
}

/** Writes head, entry headers, then the data, each rounded to eight bytes ([MS-DCOM] 2.2.21.4, 2.2.21.5). */
export function contextExtent(extension: ContextExtension): OrpcExtent {
  const { entries, hresult } = extension;
  const writer = new ByteWriter(256);
  const headers = headSize + entries.length * entrySize;
  const bodies = entries.reduce((sum, { data }) => sum + round8(data.length), 0);
  for (const word of [signature, 0x00010000, entries.length, bodies, headers, 0, hresult, 0])
    writer.u32(word);
  let offset = headers;
  for (const { policy, data } of entries) {
    writer.u32(entrySignature);
    writer.u32(round8(data.length));
    writer.u32(offset);
    writer.zeros(4);
    writer.guid(policy);
    offset += round8(data.length);
  }
  for (const { data } of entries) {
    writer.raw(data);
    writer.zeros(round8(data.length) - data.length);
  }
  return { id: CLSID_ContextExtension, data: writer.finish() };
}

/** Reads a context extension. Throws RPC_E_INVALID_HEADER for one that contradicts itself. */
export function readContextExtent(extent: OrpcExtent): ContextExtension {
  const reader = new ByteReader(extent.data);
  const mark = reader.u32();
  if (mark !== signature) throw bad(`a context extension starts with KUNA, not ${hex32(mark)}`);
  reader.skip(4);
  const count = reader.u32();
  if (count > maxPolicies) throw bad(`${count} context properties in a call, ${maxPolicies} are allowed`);
  reader.skip(12);
  const hresult = reader.u32();
  reader.skip(4);
  const entries: ContextEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(readEntry(reader, extent.data));
  return { entries, hresult };
}

function readEntry(reader: ByteReader, all: Uint8Array): ContextEntry {
  const mark = reader.u32();
  if (mark !== entrySignature) throw bad(`a context property starts with NANI, not ${hex32(mark)}`);
  const size = reader.u32();
  const offset = reader.u32();
  reader.skip(4);
  const policy = reader.guid();
  if (offset + size > all.length)
    throw bad(`a context property of ${size} bytes at ${offset} of ${all.length}`);
  return { policy, data: all.slice(offset, offset + size) };
}

function round8(n: number): number {
  return (n + 7) & ~7;
}

function bad(message: string): ComError {
  return new ComError(HResult.RPC_E_INVALID_HEADER, message);
}
