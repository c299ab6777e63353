import { type ByteReader } from "../../base/index.ts";
import {
  CLSID_ErrorExtension,
  causalityGuid,
  readErrorExtent,
  type OrpcExtent,
  readOrpcThat,
  readOrpcThis,
} from "../dcom.ts";
import type { Json } from "../session/decoded.ts";

/** Ids of the extents Windows sends ([MS-DCOM] 2.2.21.2 and 2.2.21.4). */
const extentNames: Readonly<Record<string, string>> = {
  "0000031c-0000-0000-c000-000000000046": "error information",
  "00000334-0000-0000-c000-000000000046": "context",
};

/** ORPCTHIS at the head of a request ([MS-DCOM] 2.2.13.3); the reader stands behind it afterwards. */
export function readOrpcThisJson(reader: ByteReader): Json {
  const head = readOrpcThis(reader);
  return {
    version: `${head.major}.${head.minor}`,
    flags: head.flags,
    causality: causalityGuid(head),
    extents: extentsJson(head.extents),
  };
}

/** ORPCTHAT at the head of a response ([MS-DCOM] 2.2.13.4). */
export function readOrpcThatJson(reader: ByteReader): Json {
  return { extents: extentsJson(readOrpcThat(reader)) };
}

function extentsJson(extents: readonly OrpcExtent[]): Json {
  if (extents.length === 0) return undefined;
  return extents.map((extent) => {
    const { id, data } = extent;
    return { id, name: extentNames[id], bytes: data.length, error: errorJson(extent) };
  });
}

function errorJson(extent: OrpcExtent): Json {
  if (extent.id !== CLSID_ErrorExtension) return undefined;
  const info = readErrorExtent(extent);
  return info === undefined ? undefined : { ...info };
}
