import type { ByteWriter, Guid } from "../base/index.ts";
import type { MarshalContext } from "./codec.ts";

/**
 * Type descriptors: what the IDL compiler prints and what the NDR compilers read. Plain immutable data; structures and unions take their
 * members as a function, so that types can refer to each other in any order.
 *
 * Values in JavaScript: 64-bit integers are bigint, other numbers number, GUIDs {@link Guid} strings, `[string]` arrays strings without
 * terminator, arrays of numbers typed arrays (bytes and chars Uint8Array), other arrays arrays, structures objects with the IDL's member names,
 * unions `{ tag, [arm name]: value }`. A pointer is what it points to, or null; a nullable pointer to a nullable pointer is null or `{ to }`.
 */
export type NdrType =
  | BaseType
  | EnumType
  | StructType
  | UnionType
  | PointerType
  | ArrayType
  | StringType
  | InterfacePointerType
  | ContextHandleType
  | PipeType
  | UserType;

/**
 * - `i8` to `u64`, `f32`, `f64`: as named. `boolean`: one byte. `variantBool`: 16 bits, 0 or 0xFFFF, a boolean in JavaScript.
 * - `char`: one byte, `wchar`: 16 bits, both numbers. `hresult`: u32.
 * - `int3264`, `uint3264`: 4 bytes in NDR 2.0, 8 in NDR64; number in JavaScript while safe ([MS-RPCE] 2.2.4.2).
 * - `guid`: 16 bytes aligned to 4. `void`: nothing (return types only).
 */
export type BaseName =
  | "void"
  | "boolean"
  | "variantBool"
  | "i8"
  | "u8"
  | "char"
  | "wchar"
  | "i16"
  | "u16"
  | "i32"
  | "u32"
  | "hresult"
  | "i64"
  | "u64"
  | "int3264"
  | "uint3264"
  | "f32"
  | "f64"
  | "guid";

export interface BaseType {
  readonly kind: "base";
  readonly name: BaseName;
}

/** An enum: 16 bits on the NDR 2.0 wire, 32 bits with `[v1_enum]` (and always in NDR64). */
export interface EnumType {
  readonly kind: "enum";
  readonly name: string;
  readonly wide: boolean;
  readonly values: Readonly<Record<string, number>>;
}

/**
 * An IDL expression over sibling members (or parameters) by name; `number` is a constant. A dereference is the name itself:
 * a pointer's value in JavaScript is what it points to.
 */
export type Expression =
  | number
  | string
  | {
      readonly op:
        | "+"
        | "-"
        | "*"
        | "/"
        | "%"
        | "<<"
        | ">>"
        | "&"
        | "|"
        | "^"
        | "&&"
        | "||"
        | "=="
        | "!="
        | "<"
        | "<="
        | ">"
        | ">=";
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly op: "neg" | "not" | "complement"; readonly of: Expression }
  | {
      readonly op: "?:";
      readonly test: Expression;
      readonly left: Expression;
      readonly right: Expression;
    };

export interface Field {
  readonly name: string;
  readonly type: NdrType;
  /** Discriminant of a non-encapsulated union member. */
  readonly switchIs?: Expression;
  /** `[range(low, high)]`: refused outside it, on both sides. */
  readonly range?: readonly [number, number];
}

export interface StructType {
  readonly kind: "struct";
  readonly name: string;
  readonly fields: () => readonly Field[];
}

export interface Arm {
  /** Case labels; empty for the default arm. */
  readonly cases: readonly number[];
  /** Name of the member; empty for an empty arm. */
  readonly name: string;
  /** Type of the member; null for an empty arm. */
  readonly type: NdrType | null;
}

export interface UnionType {
  readonly kind: "union";
  readonly name: string;
  /** True for `union switch (...)`: the discriminant is part of the union's own structure. */
  readonly encapsulated: boolean;
  readonly discriminant: BaseType | EnumType;
  readonly arms: () => readonly Arm[];
}

export interface PointerType {
  readonly kind: "pointer";
  readonly pointer: "ref" | "unique" | "full";
  readonly to: NdrType;
}

/** One dimension: `fixed`, or conformant (`size`: its max_count), and varying where `length` or `first` is given. */
export interface Dimension {
  readonly fixed?: number;
  /** Conformant. `true`: the count is the value's own length. */
  readonly size?: Expression | true;
  /** Varying. `true`: the count is the value's own length. */
  readonly length?: Expression | true;
  readonly first?: Expression;
}

export interface ArrayType {
  readonly kind: "array";
  readonly of: NdrType;
  /** Outermost first. */
  readonly dims: readonly Dimension[];
}

/** A `[string]` array: conformant and varying, or varying only when `fixed` (its room in elements, terminator included). */
export interface StringType {
  readonly kind: "string";
  readonly char: "char" | "wchar";
  readonly fixed?: number;
  readonly size?: Expression;
}

/** An interface pointer, marshaled as a unique pointer to MInterfacePointer ([MS-DCOM] 2.2.14). */
export interface InterfacePointerType {
  readonly kind: "interface";
  /** The interface, by name and IID; or by `[iid_is]`. */
  readonly iid?: string;
  readonly name?: string;
  readonly iidIs?: Expression;
}

export interface ContextHandleType {
  readonly kind: "contextHandle";
}

export interface PipeType {
  readonly kind: "pipe";
  readonly of: NdrType;
}

/** A `[wire_marshal]` type: the wire form is another type, and two functions convert. */
export interface UserType {
  readonly kind: "user";
  readonly name: string;
  readonly wire: () => NdrType;
  readonly marshal: () => UserMarshal;
}

export interface UserMarshal<T = never, W = never> {
  /** The wire form is little-endian whatever the message around it is, as Automation's types are ([MS-OAUT] 2.2.29.2). */
  readonly littleEndian?: boolean;
  /** The wire form of a value. `context` marshals interface pointers within what this marshaler encodes by itself. */
  toWire(value: T, context: MarshalContext): W;
  /** The value of a wire form. There is no context for the zero that stands for an answer nobody gave. */
  fromWire(wire: W, context?: MarshalContext): T;
  /** The value with its interface pointers replaced, itself when it has none: what calls that need no wire do instead. Absent: it never has any. */
  readonly mapPointers?: (
    value: unknown,
    replace: (pointer: object, iid: Guid | undefined) => unknown,
  ) => unknown;
  /**
   * Called once the wire form stands in the buffer with everything it points to: `start` is where it begins (for a pointer, where its referent
   * begins). Writes what is only known then, a size for instance.
   */
  finish?(writer: ByteWriter, start: number): void;
}

/** A context handle as the wire has it ([C706] 14.3.11 ndr_context_handle). */
export interface ContextHandle {
  readonly attributes: number;
  readonly uuid: string;
}

const base = (name: BaseName): BaseType => ({ kind: "base", name });

export const voidType: BaseType = base("void");
export const boolean: BaseType = base("boolean");
export const variantBool: BaseType = base("variantBool");
export const i8: BaseType = base("i8");
export const u8: BaseType = base("u8");
export const char: BaseType = base("char");
export const wchar: BaseType = base("wchar");
export const i16: BaseType = base("i16");
export const u16: BaseType = base("u16");
export const i32: BaseType = base("i32");
export const u32: BaseType = base("u32");
export const hresult: BaseType = base("hresult");
export const i64: BaseType = base("i64");
export const u64: BaseType = base("u64");
export const int3264: BaseType = base("int3264");
export const uint3264: BaseType = base("uint3264");
export const f32: BaseType = base("f32");
export const f64: BaseType = base("f64");
export const guidType: BaseType = base("guid");
export const contextHandle: ContextHandleType = { kind: "contextHandle" };

export function enumeration(name: string, values: Readonly<Record<string, number>>, wide = false): EnumType {
  return { kind: "enum", name, wide, values };
}

export function struct(name: string, fields: () => readonly Field[]): StructType {
  return { kind: "struct", name, fields: once(fields) };
}

export function field(
  name: string,
  type: NdrType,
  extra?: { readonly switchIs?: Expression; readonly range?: readonly [number, number] },
): Field {
  return extra === undefined ? { name, type } : { name, type, ...extra };
}

export function union(
  name: string,
  discriminant: BaseType | EnumType,
  arms: () => readonly Arm[],
  encapsulated = false,
): UnionType {
  return { kind: "union", name, discriminant, arms: once(arms), encapsulated };
}

export function arm(cases: readonly number[], name: string, type: NdrType | null): Arm {
  return { cases, name, type };
}

export function ref(to: NdrType): PointerType {
  return { kind: "pointer", pointer: "ref", to };
}

export function unique(to: NdrType): PointerType {
  return { kind: "pointer", pointer: "unique", to };
}

export function full(to: NdrType): PointerType {
  return { kind: "pointer", pointer: "full", to };
}

export function array(of: NdrType, ...dims: Dimension[]): ArrayType {
  return { kind: "array", of, dims };
}

export function string(
  character: "char" | "wchar",
  extra?: { readonly fixed?: number; readonly size?: Expression },
): StringType {
  return { kind: "string", char: character, ...extra };
}

export function interfacePointer(name: string, iid: string): InterfacePointerType {
  return { kind: "interface", name, iid };
}

export function interfacePointerIs(iidIs: Expression): InterfacePointerType {
  return { kind: "interface", iidIs };
}

export function pipe(of: NdrType): PipeType {
  return { kind: "pipe", of };
}

/** `marshal` is a function so that the hand-written module may be imported in any order. */
export function userType<T, W>(
  name: string,
  wire: () => NdrType,
  marshal: () => UserMarshal<T, W>,
): UserType {
  return { kind: "user", name, wire: once(wire), marshal: marshal as unknown as () => UserMarshal };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
