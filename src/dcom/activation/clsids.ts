import { type Guid, guid } from "../../base/index.ts";

/** The classes and interfaces of the activation properties BLOB ([MS-DCOM] 1.9). */
export type ActivationClass =
  | "ActivationPropertiesIn"
  | "ActivationPropertiesOut"
  | "SpecialSystemProperties"
  | "InstantiationInfo"
  | "ActivationContextInfo"
  | "SecurityInfo"
  | "ServerLocationInfo"
  | "ScmRequestInfo"
  | "InstanceInfo"
  | "PropsOutInfo"
  | "ScmReplyInfo"
  | "ContextMarshaler";

export const ActivationClsid: Readonly<Record<ActivationClass, Guid>> = {
  ActivationPropertiesIn: guid("00000338-0000-0000-c000-000000000046"),
  ActivationPropertiesOut: guid("00000339-0000-0000-c000-000000000046"),
  SpecialSystemProperties: guid("000001b9-0000-0000-c000-000000000046"),
  InstantiationInfo: guid("000001ab-0000-0000-c000-000000000046"),
  ActivationContextInfo: guid("000001a5-0000-0000-c000-000000000046"),
  SecurityInfo: guid("000001a6-0000-0000-c000-000000000046"),
  ServerLocationInfo: guid("000001a4-0000-0000-c000-000000000046"),
  ScmRequestInfo: guid("000001aa-0000-0000-c000-000000000046"),
  InstanceInfo: guid("000001ad-0000-0000-c000-000000000046"),
  /** The same value as ActivationPropertiesOut: one names a property, the other a BLOB. */
  PropsOutInfo: guid("00000339-0000-0000-c000-000000000046"),
  ScmReplyInfo: guid("000001b6-0000-0000-c000-000000000046"),
  ContextMarshaler: guid("0000033b-0000-0000-c000-000000000046"),
};

export const IID_IActivationPropertiesIn: Guid = guid("000001a2-0000-0000-c000-000000000046");
export const IID_IActivationPropertiesOut: Guid = guid("000001a3-0000-0000-c000-000000000046");
export const IID_IContext: Guid = guid("000001c0-0000-0000-c000-000000000046");
