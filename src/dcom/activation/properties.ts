import { ComError, type Guid, HResult, type Limits, defaultLimits, formatGuid } from "../../base/index.ts";
import { type NdrType, decodePickle, encodePickle, pickleLength, plainContext } from "../../ndr/index.ts";
import { ActivationClsid } from "./clsids.ts";
import {
  ActivationContextInfoData,
  InstanceInfoData,
  InstantiationInfoData,
  LocationInfoData,
  PropsOutInfo,
  ScmReplyInfoData,
  ScmRequestInfoData,
  SecurityInfoData,
  SpecialPropertiesData,
  SpecialPropertiesData_Alternate,
} from "../gen/dcom.ts";

/** The values of the properties by name. */
export interface PropertyValues {
  readonly SpecialSystemProperties: SpecialPropertiesData;
  readonly InstantiationInfo: InstantiationInfoData;
  readonly ActivationContextInfo: ActivationContextInfoData;
  readonly SecurityInfo: SecurityInfoData;
  readonly ServerLocationInfo: LocationInfoData;
  readonly ScmRequestInfo: ScmRequestInfoData;
  readonly InstanceInfo: InstanceInfoData;
  readonly PropsOutInfo: PropsOutInfo;
  readonly ScmReplyInfo: ScmReplyInfoData;
}

export type PropertyName = keyof PropertyValues;

/** One property of an activation: a known one with its value, or an unknown one as it came. */
export type ActivationProperty =
  | { [N in PropertyName]: { readonly name: N; readonly value: PropertyValues[N] } }[PropertyName]
  | { readonly name: undefined; readonly clsid: Guid; readonly bytes: Uint8Array };

/** Every property once: its class identifier and its structure. */
const table = {
  SpecialSystemProperties: SpecialPropertiesData,
  InstantiationInfo: InstantiationInfoData,
  ActivationContextInfo: ActivationContextInfoData,
  SecurityInfo: SecurityInfoData,
  ServerLocationInfo: LocationInfoData,
  ScmRequestInfo: ScmRequestInfoData,
  InstanceInfo: InstanceInfoData,
  PropsOutInfo,
  ScmReplyInfo: ScmReplyInfoData,
} satisfies Record<PropertyName, NdrType>;

const nameByClsid = new Map<Guid, PropertyName>(
  (Object.keys(table) as PropertyName[]).map((name) => [ActivationClsid[name], name]),
);

export function clsidOfProperty(property: ActivationProperty): Guid {
  return property.name === undefined ? property.clsid : ActivationClsid[property.name];
}

/** A property as pickled bytes. */
export function encodeProperty(property: ActivationProperty): Uint8Array {
  if (property.name === undefined) return property.bytes;
  if (property.name === "SpecialSystemProperties" && property.value.Reserved3.length === 8) {
    return encodePickle(SpecialPropertiesData_Alternate, property.value);
  }
  return encodePickle(table[property.name], property.value);
}

/** A property from its pickled bytes. Throws E_INVALIDARG naming the property. */
export function decodeProperty(
  clsid: Guid,
  bytes: Uint8Array,
  limits: Limits = defaultLimits,
): ActivationProperty {
  const name = nameByClsid.get(clsid);
  if (name === undefined) return { name: undefined, clsid, bytes: bytes.slice() };
  try {
    const value =
      name === "SpecialSystemProperties"
        ? decodeSpecial(bytes, limits)
        : decodePickle(table[name], bytes, { ...plainContext, limits });
    return { name, value } as ActivationProperty;
  } catch (error) {
    const what = `activation property ${name} (${formatGuid(clsid)}) cannot be read`;
    throw new ComError(HResult.E_INVALIDARG, what, { cause: error });
  }
}

/** Bytes that the newer form of SpecialPropertiesData takes, headers included; the older one is shorter ([MS-DCOM] 2.2.22.2.2: both must be read). */
const newerLength = 104;

function decodeSpecial(bytes: Uint8Array, limits: Limits): SpecialPropertiesData {
  const context = { ...plainContext, limits };
  if (pickleLength(bytes) >= newerLength) {
    return decodePickle<SpecialPropertiesData>(SpecialPropertiesData, bytes, context);
  }
  const older = decodePickle<SpecialPropertiesData_Alternate>(
    SpecialPropertiesData_Alternate,
    bytes,
    context,
  );
  return { ...older, Reserved1: 0, Reserved2: 0n };
}
