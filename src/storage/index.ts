// Compound files.
export {
  type CreateStorageOptions,
  type OpenStorageOptions,
  createStorage,
  isStorageFile,
  openStorage,
} from "./docfile/open.ts";
export type { StorageOptions } from "./docfile/session.ts";
export {
  createStorageOnLockBytes,
  isStorageLockBytes,
  openStorageOnLockBytes,
} from "./docfile/on-lock-bytes.ts";
export { setStorageTimes } from "./docfile/set-times.ts";
export { makeSnb } from "./docfile/snb.ts";
export { Stgm } from "./stgm.ts";
export { Stgc } from "./tree/scope.ts";
export { Stgty } from "./stat.ts";
export { StgStatus } from "./status.ts";
export { type StorageLimits, storageLimits } from "./limits.ts";
// Lock bytes and streams.
export { bytesOfLockBytes, createMemoryLockBytes, openFileLockBytes } from "./lockbytes/lock-bytes.ts";
export {
  createFileFillLockBytes,
  createFillLockBytes,
  openStorageOnFillLockBytes,
} from "./lockbytes/fill-lock-bytes.ts";
export { LockType } from "./lockbytes/locks.ts";
export { createMemoryStream } from "./stream/memory-stream.ts";
export { SeekOrigin } from "./stream/byte-stream.ts";
export { everything, readAll, readExactly, writeAll } from "./stream/copy.ts";
// Interfaces.
export {
  IEnumSTATSTG,
  IFillLockBytes,
  ILockBytes,
  IRootStorage,
  IStorage,
  IStream,
  type STATSTG,
} from "../com/gen/objidl.ts";
// Property sets.
export { createPropertySetStorage } from "./propset/set-storage.ts";
export { PropSetFlag } from "./propset/property-storage.ts";
export { type SetHost, readPropertySet, writePropertySet } from "./propset/holder.ts";
export { PropertySet } from "./propset/property-set.ts";
export { PropertySection } from "./propset/section.ts";
export { Fmtid, formatOfName, propertySetName } from "./propset/names.ts";
export { knownPropertyId, knownPropertyName } from "./propset/known.ts";
export {
  type ClipboardValue,
  PropType,
  PropertyId,
  type PropertyValue,
  type VersionedStream,
} from "./propset/types.ts";
export { fromPropVariant, toPropVariant } from "./propset/propvariant.ts";
export {
  IPropertySetStorage,
  IPropertyStorage,
  type PROPSPEC,
  type PROPVARIANT,
} from "../automation/gen/propidlbase.ts";
// Persistence of objects.
export { readClassStg, readClassStm, writeClassStg, writeClassStm } from "./persist/class.ts";
export {
  type ObjectMaker,
  oleLoad,
  oleLoadFromStream,
  oleSave,
  oleSaveToStream,
} from "./persist/save-load.ts";
export { StorageObject, type StorageState } from "./persist/storage-object.ts";
export { StreamObject } from "./persist/stream-object.ts";
export { PropertyBag } from "./persist/property-bag.ts";
export { openFileStream } from "./stream/file-stream.ts";
export { fileServices } from "./file-services.ts";
// Links and embedding, as far as data goes.
export { type CompObj, compObjName, readCompObj, writeCompObj } from "./ole/comp-obj.ts";
export {
  OleFlag,
  type OleLink,
  type OleStream,
  type SavedMoniker,
  oleStreamName,
  readOleStream,
  writeOleStream,
} from "./ole/ole-stream.ts";
export {
  type PackagedFile,
  ole10NativeName,
  readOle10Native,
  readPackagedFile,
  writeOle10Native,
  writePackagedFile,
} from "./ole/native.ts";
export { type ClipboardFormat } from "./ole/texts.ts";
export { getConvertStg, readFmtUserTypeStg, setConvertStg, writeFmtUserTypeStg } from "./ole/functions.ts";
export {
  UserClassType,
  oleDoAutoConvert,
  oleGetAutoConvert,
  oleRegEnumFormatEtc,
  oleRegEnumVerbs,
  oleRegGetMiscStatus,
  oleRegGetUserType,
  oleSetAutoConvert,
} from "./ole/registered.ts";
