import { ByteReader, ByteWriter } from "../../base/index.ts";
import { readUnits } from "../dcom.ts";
import type { Json } from "../session/decoded.ts";
import { hex64, toJson } from "../session/json.ts";
import { explainTower } from "./tower.ts";
import { bindingsJson, explainObjref } from "./objref.ts";

/** Decoded data as JSON, with what it holds of DCOM's own structures in words: object references, bindings, identifiers. */
export function wireJson(value: unknown): Json {
  return toJson(value, 0, explainShape);
}

/** A structure that says more than its members: MInterfacePointer ([MS-DCOM] 2.2.14) or DUALSTRINGARRAY (2.2.19.1). */
function explainShape(value: object): Json {
  if ("abData" in value && value.abData instanceof Uint8Array) return explainObjref(value.abData);
  if ("tower_octet_string" in value && value.tower_octet_string instanceof Uint8Array) {
    return explainTower(value.tower_octet_string);
  }
  if (!("aStringArray" in value) || !("wSecurityOffset" in value)) return identifiers(value);
  const { aStringArray: units, wSecurityOffset: offset } = value;
  if (!(units instanceof Uint16Array) || typeof offset !== "number") return undefined;
  return explainBindings(units, offset);
}

function explainBindings(units: Uint16Array, securityOffset: number): Json {
  const writer = new ByteWriter(units.length * 2 + 2);
  for (const unit of units) writer.u16(unit);
  try {
    return bindingsJson(readUnits(new ByteReader(writer.finish()), units.length, securityOffset));
  } catch {
    return undefined;
  }
}

/** Members that are identifiers of 64 bits: always printed in hexadecimal digits. */
const identifier = /^(p?o[x]?id|psetid|setid)$/i;

/** An object with 64-bit identifiers among its members. */
function identifiers(value: object): Json {
  const entries = Object.entries(value);
  if (!entries.some(([name, member]) => typeof member === "bigint" && identifier.test(name)))
    return undefined;
  const printed = entries.map(([name, member]): [string, Json] => {
    const isId = typeof member === "bigint" && identifier.test(name);
    return [name, isId ? hex64(member) : wireJson(member)];
  });
  return Object.fromEntries(printed);
}
