export {
  type Awaitable,
  type CallOptions,
  type ClassDescriptor,
  type Given,
  type Implements,
  type Interface,
  type InterfaceDefinition,
  type InterfaceDescriptor,
  type MethodDescriptor,
  type MethodsOf,
  type ParamDescriptor,
  allMethods,
  defineCoclass,
  defineInterface,
  derivesFrom,
  knownInterface,
  syncInterfaceOf,
} from "./interface.ts";
export type {
  Arm,
  ArrayType,
  BaseName,
  BaseType,
  ContextHandle,
  ContextHandleType,
  Dimension,
  EnumType,
  Expression,
  Field,
  InterfacePointerType,
  NdrType,
  PipeType,
  PointerType,
  StringType,
  StructType,
  UnionType,
  UserMarshal,
  UserType,
} from "./types.ts";
export type { Codec, MarshalContext, MethodCodec } from "./codec.ts";
export { codecFor, decodeFromBytes, encodeToBytes, methodCodec, plainContext } from "./codecs.ts";
export { decodePickle, encodePickle, pickleLength } from "./pickle.ts";
export { type Syntax, ndr20, ndr64 } from "./compile/syntax.ts";
export { isNullable } from "./compile/complete.ts";
