import {
  ByteReader,
  ByteWriter,
  ComError,
  GUID_NULL,
  type Guid,
  HResult,
  type Limits,
} from "../../base/index.ts";
import { defaultLimits } from "../../base/index.ts";
import { type CustomObjref, decodeObjref, encodeObjref } from "../objref.ts";
import { ActivationClsid, IID_IActivationPropertiesIn, IID_IActivationPropertiesOut } from "./clsids.ts";
import { decodePickle, encodePickle, plainContext } from "../../ndr/index.ts";
import { type ActivationProperty, clsidOfProperty, decodeProperty, encodeProperty } from "./properties.ts";
import { CustomHeader } from "../gen/dcom.ts";

/** The parameters or the results of an activation: properties in their order on the wire ([MS-DCOM] 2.2.22). */
export interface ActivationBlob {
  /** In: what a client asks. Out: what the server answers. */
  readonly direction: "in" | "out";
  /** MSHCTX of the CustomHeader; 2 (another machine) from Windows. */
  readonly destination: number;
  readonly properties: readonly ActivationProperty[];
}

/** MSHCTX_DIFFERENTMACHINE */
export const differentMachine = 2;

/** The BLOB as the OBJREF_CUSTOM that IRemoteSCMActivator carries. */
export function encodeActivationBlob(blob: ActivationBlob): Uint8Array {
  const data = encodeData(blob);
  const { iid, clsid } = identities[blob.direction];
  // Windows counts eight more than there are; so do we, and nobody may trust it.
  const objref: CustomObjref = { form: "custom", iid, clsid, data, extension: 0, reserved: data.length + 8 };
  return encodeObjref(objref);
}

const identities = {
  in: { iid: IID_IActivationPropertiesIn, clsid: ActivationClsid.ActivationPropertiesIn },
  out: { iid: IID_IActivationPropertiesOut, clsid: ActivationClsid.ActivationPropertiesOut },
} as const;

function encodeData(blob: ActivationBlob): Uint8Array {
  const encoded = blob.properties.map(encodeProperty);
  const header = encodeHeader(blob, encoded);
  const totalSize = encoded.reduce((sum, bytes) => sum + bytes.length, header.length);
  const writer = new ByteWriter(totalSize + 8);
  writer.u32(totalSize);
  writer.u32(0);
  writer.raw(header);
  for (const bytes of encoded) writer.raw(bytes);
  return writer.finish();
}

function encodeHeader(blob: ActivationBlob, encoded: readonly Uint8Array[]): Uint8Array {
  const value = (headerSize: number, totalSize: number): CustomHeader => ({
    totalSize,
    headerSize,
    dwReserved: 0,
    destCtx: blob.destination,
    cIfs: encoded.length,
    classInfoClsid: GUID_NULL,
    pclsid: blob.properties.map(clsidOfProperty),
    pSizes: Uint32Array.from(encoded, (bytes) => bytes.length),
    pdwReserved: null,
  });
  const { length } = encodePickle(CustomHeader, value(0, 0));
  const totalSize = encoded.reduce((sum, bytes) => sum + bytes.length, length);
  return encodePickle(CustomHeader, value(length, totalSize));
}

/** Reads the BLOB from its OBJREF. Throws E_INVALIDARG or RPC_E_INVALID_OBJREF for bytes that are none. */
export function decodeActivationBlob(objref: Uint8Array, limits: Limits = defaultLimits): ActivationBlob {
  const custom = decodeObjref(objref);
  if (custom.form !== "custom")
    throw malformed(`stand in a ${custom.form} reference instead of a custom one`);
  const direction = directionOf(custom.clsid);
  const reader = new ByteReader(custom.data);
  const size = reader.u32();
  reader.skip(4);
  if (size > reader.remaining)
    throw malformed(`are cut off: ${size} bytes announced, ${reader.remaining} there`);
  const bytes = reader.raw(size);
  const header = decodePickle<CustomHeader>(CustomHeader, bytes, { ...plainContext, limits });
  return { direction, destination: header.destCtx, properties: readProperties(header, bytes, limits) };
}

function readProperties(header: CustomHeader, bytes: Uint8Array, limits: Limits): ActivationProperty[] {
  const { pclsid, pSizes, headerSize } = header;
  if (pclsid === null || pSizes === null) throw malformed("do not say what they are");
  const properties: ActivationProperty[] = [];
  let at = headerSize;
  for (const [i, clsid] of pclsid.entries()) {
    const size = pSizes[i] ?? 0;
    if (at + size > bytes.length) throw malformed(`end before property ${i + 1} of ${pclsid.length}`);
    properties.push(decodeProperty(clsid, bytes.subarray(at, at + size), limits));
    at += size;
  }
  return properties;
}

function directionOf(clsid: Guid): "in" | "out" {
  if (clsid === ActivationClsid.ActivationPropertiesIn) return "in";
  if (clsid === ActivationClsid.ActivationPropertiesOut) return "out";
  throw malformed("have an unknown unmarshaler");
}

function malformed(what: string): ComError {
  return new ComError(HResult.E_INVALIDARG, `the activation properties ${what}`);
}
