import type { BaseName } from "./ast.ts";

/** Fundamental types of MIDL 3.0, and what they are in the language before it. */
export const midl3Bases: Readonly<Record<string, BaseName>> = {
  void: "void",
  Boolean: "boolean",
  Int8: "int8",
  UInt8: "uint8",
  Int16: "int16",
  UInt16: "uint16",
  Int32: "int32",
  UInt32: "uint32",
  Int64: "int64",
  UInt64: "uint64",
  Single: "float",
  Double: "double",
  Char: "wchar",
  Char16: "wchar",
  byte: "byte",
};

/** Names of MIDL 3.0 for what IDL has under another name. */
export const midl3Names: Readonly<Record<string, string>> = {
  String: "HSTRING",
  Guid: "GUID",
  Object: "IInspectable",
};
