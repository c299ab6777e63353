import { ByteWriter, type Guid, newGuid } from "../../base/index.ts";
import { encodeObjref } from "../objref.ts";
import { ActivationClsid, IID_IContext } from "./clsids.ts";

/** CTXMSHLFLAGS_BYVAL: the only way a context travels ([MS-DCOM] 2.2.20). */
const byValue = 2;

/** A client context without properties, marshaled as Windows does ([MS-DCOM] 2.2.20): servers require one and look at nothing in it. */
export function encodeClientContext(id: Guid = newGuid()): Uint8Array {
  const writer = new ByteWriter(48);
  writer.u16(1); // version 1.1
  writer.u16(1);
  writer.guid(id);
  writer.u32(byValue);
  writer.u32(0); // reserved
  writer.u32(0); // dwNumExtents
  writer.u32(0); // cbExtents
  writer.u32(0); // MshlFlags
  writer.u32(0); // no properties
  writer.u32(1); // frozen
  return encodeObjref({
    form: "custom",
    iid: IID_IContext,
    clsid: ActivationClsid.ContextMarshaler,
    data: writer.finish(),
  });
}
