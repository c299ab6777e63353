import type { Guid } from "../../base/index.ts";
import type { Dimension, Field, MethodDescriptor, NdrType, UserMarshal, UserType } from "../../ndr/index.ts";

/** Replaces an interface pointer within a value. */
export type Replace = (pointer: object, iid: Guid | undefined) => unknown;

/** What stands beside a value, by name: where `iid_is` points. Asked, not made, as few ask. */
export type Scope = (name: string) => unknown;

/** Walks to the interface pointers of a value; copies what it changes, never alters the value itself. */
type Mapper = (value: unknown, replace: Replace, scope: Scope) => unknown;

/** The mapper of a type, undefined for a type without interface pointers (a VARIANT says itself which are in it). */
function mapperOf(type: NdrType): Mapper | undefined {
  return holdsPointers(type, new Set()) ? build(type) : undefined;
}

function holdsPointers(type: NdrType, seen: Set<NdrType>): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  switch (type.kind) {
    case "interface":
      return true;
    case "pointer":
      return holdsPointers(type.to, seen);
    case "array":
    case "pipe":
      return holdsPointers(type.of, seen);
    case "struct":
      return type.fields().some((field) => holdsPointers(field.type, seen));
    case "union":
      return type.arms().some((arm) => arm.type !== null && holdsPointers(arm.type, seen));
    case "user":
      return pointersOf(type) !== undefined;
    default:
      return false;
  }
}

/**
 * A value of a type with its interface pointers replaced; itself when it has none. For marshalers of types that hold values whose type only they know.
 */
export function mapPointers(type: NdrType, value: unknown, replace: Replace): unknown {
  const mapper = mapperOf(type);
  return mapper === undefined ? value : mapper(value, replace, () => undefined);
}

const built = new WeakMap<NdrType, Mapper>();

function build(type: NdrType): Mapper {
  let mapper = built.get(type);
  if (mapper === undefined) {
    // Registered before its parts are built: structures may hold pointers to themselves.
    let real: Mapper | undefined;
    mapper = (value, replace, scope) => (real ??= make(type))(value, replace, scope);
    built.set(type, mapper);
  }
  return mapper;
}

function make(type: NdrType): Mapper {
  switch (type.kind) {
    case "interface": {
      const { iid, iidIs } = type;
      return (value, replace, scope) => {
        if (typeof value !== "object" || value === null) return value;
        const named = typeof iidIs === "string" ? scope(iidIs) : undefined;
        return replace(value, (iid ?? (typeof named === "string" ? named : undefined)) as Guid | undefined);
      };
    }
    case "pointer":
      return type.pointer !== "ref" && nullable(type.to) ? boxed(build(type.to)) : build(type.to);
    case "array":
      return arrayMapper(build(type.of), type.dims);
    case "struct":
      return structMapper(type.fields());
    case "union": {
      const arms = new Map<string, Mapper>();
      for (const arm of type.arms()) if (arm.type !== null) arms.set(arm.name, partOf(arm.type));
      return membersMapper(arms);
    }
    case "user": {
      const map = pointersOf(type);
      return (value, replace) => map?.(value, replace) ?? value;
    }
    default:
      return (value) => value;
  }
}

function partOf(type: NdrType): Mapper {
  return holdsPointers(type, new Set()) ? build(type) : (value) => value;
}

/** How a type that says itself how it travels finds its pointers; undefined for one without, or one that does not travel. */
function pointersOf(type: UserType): UserMarshal["mapPointers"] {
  try {
    return type.marshal().mapPointers;
  } catch {
    return undefined;
  }
}

function nullable(type: NdrType): boolean {
  return type.kind === "interface" || (type.kind === "pointer" && type.pointer !== "ref");
}

/** A nullable pointer to a nullable pointer: null or `{ to }`. */
function boxed(inner: Mapper): Mapper {
  return (value, replace, scope) => {
    if (typeof value !== "object" || value === null || !("to" in value)) return value;
    return { to: inner(value.to, replace, scope) };
  };
}

function arrayMapper(element: Mapper, dims: readonly Dimension[]): Mapper {
  const depth = Math.max(1, dims.length);
  const walk = (value: unknown, level: number, replace: Replace, scope: Scope): unknown => {
    if (level === 0) return element(value, replace, scope);
    return Array.isArray(value) ? value.map((item) => walk(item, level - 1, replace, scope)) : value;
  };
  return (value, replace, scope) => walk(value, depth, replace, scope);
}

function structMapper(fields: readonly Field[]): Mapper {
  const parts = new Map<string, Mapper>();
  for (const field of fields) {
    if (holdsPointers(field.type, new Set())) parts.set(field.name, build(field.type));
  }
  return membersMapper(parts);
}

function membersMapper(parts: ReadonlyMap<string, Mapper>): Mapper {
  return (value, replace) => {
    if (typeof value !== "object" || value === null) return value;
    const members = value as Readonly<Record<string, unknown>>;
    const beside: Scope = (name) => members[name];
    let copy: Record<string, unknown> | undefined;
    for (const [name, part] of parts) {
      const before = members[name];
      const after = part(before, replace, beside);
      if (after !== before) (copy ??= { ...members })[name] = after;
    }
    return copy ?? value;
  };
}

/** How the interface pointers in a method's arguments and result are found; undefined for a method that has none. */
export interface MethodMapper {
  readonly inputs: readonly (Mapper | undefined)[];
  /** By name of the [in] parameters, for `iid_is`. */
  readonly inputNames: readonly string[];
  readonly output: Mapper | undefined;
  /** Which inputs come back as outputs ([in, out]): one left as it was stays the caller's. */
  readonly returned: readonly number[];
}

export function methodMapperOf(method: MethodDescriptor): MethodMapper | undefined {
  const ins = method.params.filter((param) => param.in);
  const inputs = ins.map((param) => mapperOf(param.type));
  const output = outputMapper(method);
  if (output === undefined && inputs.every((mapper) => mapper === undefined)) return undefined;
  const returned = ins.flatMap((param, index) => (param.out ? [index] : []));
  return { inputs, inputNames: ins.map((param) => param.name), output, returned };
}

/** A single result stands for itself; several are the members of one object. */
function outputMapper(method: MethodDescriptor): Mapper | undefined {
  const outs = method.params.filter((param) => param.out);
  const first = outs[0];
  const single = outs.length === 1 && isStatusOrVoid(method.returns) ? first : undefined;
  if (single !== undefined) return mapperOf(single.type);
  const parts = new Map<string, Mapper>();
  for (const param of outs) {
    const mapper = mapperOf(param.type);
    if (mapper !== undefined) parts.set(param.name, mapper);
  }
  if (parts.size === 0) return undefined;
  return (value, replace, scope) => {
    const whole: Mapper = (all, swap) => {
      if (typeof all !== "object" || all === null) return all;
      const members = { ...(all as Record<string, unknown>) };
      const beside: Scope = (name) => (name in members ? members[name] : scope(name));
      for (const [name, mapper] of parts) members[name] = mapper(members[name], swap, beside);
      return members;
    };
    return whole(value, replace, scope);
  };
}

function isStatusOrVoid(type: NdrType): boolean {
  return type.kind === "base" && (type.name === "hresult" || type.name === "void");
}
