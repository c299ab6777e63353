import { type Guid, parseGuid } from "comity/base";

/** The classes that are no coclasses of anybody: those that references and interfaces name. */
export const handlerClsid: Guid = parseGuid("5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7aa021");
export const layersClsid: Guid = parseGuid("5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7aa022");
export const moneyClsid: Guid = parseGuid("5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7aa023");
export const jsonClsid: Guid = parseGuid("5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7aa024");
