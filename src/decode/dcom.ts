/** What this layer takes from the dcom layer, in one place. */
export {
  ActivationClsid,
  CLSID_ContextExtension,
  CLSID_ErrorExtension,
  type DualStringArray,
  type Objref,
  type OrpcExtent,
  type StdObjref,
  TowerId,
  causalityGuid,
  decodeActivationBlob,
  decodeObjref,
  readContextExtent,
  readErrorExtent,
  readOrpcThat,
  readOrpcThis,
  readUnits,
} from "../dcom/index.ts";
