import { ComError, type Guid } from "../../base/index.ts";
import { type DualStringArray, decodeObjref, type Objref, type StdObjref, TowerId } from "../dcom.ts";
import { namedInterface } from "../names/interfaces.ts";
import { serviceName } from "../names/words.ts";
import type { Json } from "../session/decoded.ts";
import { hex64 } from "../session/json.ts";
import { explainCustom } from "./custom.ts";

/** An OBJREF in words ([MS-DCOM] 2.2.18). Never throws: what is wrong is said. */
export function explainObjref(bytes: Uint8Array): Json {
  try {
    return objrefJson(decodeObjref(bytes), bytes);
  } catch (error) {
    return { objref: "malformed", bytes: bytes.length, error: ComError.from(error).message };
  }
}

function objrefJson(objref: Objref, bytes: Uint8Array): Json {
  const head = { objref: objref.form, iid: objref.iid, interface: namedInterface(objref.iid)?.name };
  switch (objref.form) {
    case "standard":
      return { ...head, ...stdJson(objref.std), resolver: bindingsJson(objref.resolver) };
    case "handler":
      return {
        ...head,
        ...stdJson(objref.std),
        clsid: objref.clsid,
        resolver: bindingsJson(objref.resolver),
      };
    case "custom":
      return { ...head, clsid: objref.clsid, ...explainCustom(objref.clsid, objref.data, bytes) };
    case "extended":
      return {
        ...head,
        ...stdJson(objref.std),
        resolver: bindingsJson(objref.resolver),
        elements: objref.elements.map(({ id, data }) => ({ id, bytes: data.length })),
      };
    default:
      return head;
  }
}

function stdJson(std: StdObjref): { readonly [key: string]: Json } {
  const { flags, publicRefs, oxid, oid, ipid } = std;
  return { flags, publicRefs, oxid: hex64(oxid), oid: hex64(oid), ipid };
}

const towers = new Map<number, string>([
  [TowerId.tcp, "ncacn_ip_tcp"],
  [TowerId.udp, "ncadg_ip_udp"],
  [TowerId.namedPipe, "ncacn_np"],
  [TowerId.local, "ncalrpc"],
  [TowerId.http, "ncacn_http"],
  [0x09, "netbios"],
]);

/** String bindings as `protseq:address`, security bindings by name. */
export function bindingsJson(array: DualStringArray): Json {
  return {
    strings: array.strings.map(({ tower, address }) => `${towers.get(tower) ?? `tower ${tower}`}:${address}`),
    security: array.security.map(({ service, principal }) =>
      principal === "" ? serviceName(service) : `${serviceName(service)} ${principal}`,
    ),
  };
}

/** Where an interface pointer stands in decoded data: its OBJREF in words. */
export function explainPointer(_iid: Guid, objref: Uint8Array): object {
  return { ...(explainObjref(objref) as object) };
}
