import { type ByteReader, ComError } from "../../base/index.ts";
import {
  CLSID_ContextExtension,
  CLSID_ErrorExtension,
  causalityGuid,
  readContextExtent,
  readErrorExtent,
  type OrpcExtent,
  readOrpcThat,
  readOrpcThis,
} from "../dcom.ts";
import type { Json } from "../session/decoded.ts";

/** Ids of the extents Windows sends ([MS-DCOM] 2.2.21.2 and 2.2.21.4). */
const extentNames: Readonly<Record<string, string>> = {
  [CLSID_ErrorExtension]: "error information",
  [CLSID_ContextExtension]: "context",
};

/** ORPCTHIS at the head of a request ([MS-DCOM] 2.2.13.3); the reader stands behind it afterwards. */
export function readOrpcThisJson(reader: ByteReader, ndr64 = false): Json {
  const head = readOrpcThis(reader, ndr64);
  return {
    version: `${head.major}.${head.minor}`,
    flags: head.flags,
    causality: causalityGuid(head),
    extents: extentsJson(head.extents),
  };
}

/** ORPCTHAT at the head of a response ([MS-DCOM] 2.2.13.4). */
export function readOrpcThatJson(reader: ByteReader, ndr64 = false): Json {
  return { extents: extentsJson(readOrpcThat(reader, ndr64)) };
}

function extentsJson(extents: readonly OrpcExtent[]): Json {
  if (extents.length === 0) return undefined;
  return extents.map((extent) => {
    const { id, data } = extent;
    const [error, context] = [errorJson(extent), contextJson(extent)];
    return { id, name: extentNames[id], bytes: data.length, error, context };
  });
}

function errorJson(extent: OrpcExtent): Json {
  if (extent.id !== CLSID_ErrorExtension) return undefined;
  const info = readErrorExtent(extent);
  return info === undefined ? undefined : { ...info };
}

/** Properties of the caller's context; their data is known to their policies alone. */
function contextJson(extent: OrpcExtent): Json {
  if (extent.id !== CLSID_ContextExtension) return undefined;
  try {
    const { entries, hresult } = readContextExtent(extent);
    return { hresult, properties: entries.map(({ policy, data }) => ({ policy, bytes: data.length })) };
  } catch (error) {
    if (error instanceof ComError) return { wrong: error.message };
    throw error;
  }
}
