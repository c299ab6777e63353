import { type ByteReader, type ByteWriter, type Guid } from "../base/index.ts";
import type { Oid, Oxid } from "./resolver-contract.ts";

/** SORF_NOPING: the holder sends no pings for this object ([MS-DCOM] 2.2.18.2). */
export const SORF_NOPING = 0x1000;

/** A reference to one interface of one object ([MS-DCOM] 2.2.18.2). It carries `publicRefs` references, owned by whoever reads it. */
export interface StdObjref {
  readonly flags: number;
  readonly publicRefs: number;
  readonly oxid: Oxid;
  readonly oid: Oid;
  readonly ipid: Guid;
}

/** Bytes of a STDOBJREF. */
const stdObjrefSize = 40;

export function readStdObjref(reader: ByteReader): StdObjref {
  reader.need(stdObjrefSize);
  const flags = reader.u32();
  const publicRefs = reader.u32();
  const oxid = reader.u64();
  const oid = reader.u64();
  return { flags, publicRefs, oxid, oid, ipid: reader.guid() };
}

export function writeStdObjref(writer: ByteWriter, std: StdObjref): void {
  writer.reserve(stdObjrefSize);
  writer.u32(std.flags);
  writer.u32(std.publicRefs);
  writer.u64(std.oxid);
  writer.u64(std.oid);
  writer.guid(std.ipid);
}
