export { Tag, applicationTag, contextTag, describeTag } from "./tag.ts";
export { Asn1Reader, type Asn1ReaderOptions, isConstructed } from "./reader.ts";
export { Asn1Writer } from "./writer.ts";
export { decodeOid, encodeOid } from "./oid.ts";
export { type Asn1Limits, defaultAsn1Limits } from "./limits.ts";
export { Asn1Status } from "./error.ts";
