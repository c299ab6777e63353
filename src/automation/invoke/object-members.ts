import { dispatchSettingsOf, isPlain, isShown } from "../dispatchable.ts";
import { DispId, type InvokeKind, type Member, type MemberFunction, type MemberSource } from "../member.ts";
import { VT } from "../vt.ts";

/** The numbers of names, in the spelling first seen: shared by all objects of a class, so that a DISPID means the same on each. */
interface Numbering {
  readonly ids: Map<string, number>;
  readonly names: Map<number, string>;
  next: number;
}

const numberings = new WeakMap<object, Numbering>();

function numberingOf(object: object): Numbering {
  const key = isPlain(object) ? object : object.constructor;
  let numbering = numberings.get(key);
  if (numbering === undefined) {
    const fixed = Object.entries(dispatchSettingsOf(object).dispIds ?? {});
    const next = fixed.reduce((high, [, id]) => Math.max(high, id), 0) + 1;
    numbering = { ids: new Map(), names: new Map(), next };
    for (const [name, id] of fixed) number(numbering, name, id);
    numberings.set(key, numbering);
  }
  return numbering;
}

function number(numbering: Numbering, name: string, id: number): number {
  numbering.ids.set(name.toLowerCase(), id);
  numbering.names.set(id, name);
  return id;
}

const hidden = new Set(["constructor", "finalRelease", "then"]);
const functionParts = new Set(["length", "name", "prototype", "arguments", "caller"]);

/**
 * The members of an object without a type, as they are at the moment of the question: the methods, accessors and fields that its settings list, and
 * `get_X`, `put_X` and `putref_X` as the property X. Names that begin with `_` are private.
 */
export class ObjectMembers implements MemberSource {
  readonly #object: object;
  readonly #numbering: Numbering;

  constructor(object: object) {
    this.#object = object;
    this.#numbering = numberingOf(object);
  }

  byName(name: string, exact = false): Member | undefined {
    const spelling = this.#spelling(name, exact);
    return spelling === undefined ? undefined : this.#member(spelling);
  }

  byId(dispId: number): Member | undefined {
    if (dispId === DispId.VALUE) return this.#default();
    const name = this.#numbering.names.get(dispId);
    return name === undefined ? undefined : this.byName(name);
  }

  get members(): readonly Member[] {
    return [...this.#names()].map((name) => this.#member(name)).filter((member) => member !== undefined);
  }

  /** How many names have a number, those that are gone among them: they keep it. */
  get numbered(): number {
    return this.#numbering.names.size;
  }

  /** The number of a name that may not be there (any more). */
  idOf(name: string): number {
    if (name.toLowerCase() === this.#defaultName()?.toLowerCase()) return DispId.VALUE;
    const { ids } = this.#numbering;
    return ids.get(name.toLowerCase()) ?? number(this.#numbering, name, this.#numbering.next++);
  }

  nameOf(dispId: number): string | undefined {
    return dispId === DispId.VALUE ? this.#defaultName() : this.#numbering.names.get(dispId);
  }

  #default(): Member | undefined {
    const name = this.#defaultName();
    if (name !== undefined) return this.byName(name);
    // A function stands for itself.
    if (typeof this.#object !== "function") return undefined;
    const call: MemberFunction = {
      kind: "method",
      functionName: "",
      params: undefined,
      resultVt: VT.VARIANT,
    };
    return { name: this.#object.name, dispId: DispId.VALUE, functions: [call] };
  }

  #defaultName(): string | undefined {
    const { defaultMember } = dispatchSettingsOf(this.#object);
    return defaultMember ?? this.#spelling("Item", true) ?? this.#spelling("Value", true);
  }

  #member(name: string): Member | undefined {
    const functions = functionsOf(this.#object, name);
    return functions.length === 0 ? undefined : { name, dispId: this.idOf(name), functions };
  }

  #spelling(name: string, exact: boolean): string | undefined {
    const wanted = name.toLowerCase();
    let found: string | undefined;
    for (const one of this.#names()) {
      if (one === name) return one;
      if (!exact && found === undefined && one.toLowerCase() === wanted) found = one;
    }
    return found;
  }

  /** The names of the members, methods of the class before fields of the object, so that they are numbered alike in every object. */
  #names(): ReadonlySet<string> {
    const chain: object[] = [];
    for (let at: object | null = this.#object; at !== null && !isEnd(at); at = Object.getPrototypeOf(at))
      chain.unshift(at);
    const names = new Set<string>();
    for (const part of chain) {
      for (const key of Object.getOwnPropertyNames(part)) {
        const isInner = typeof part === "function" && functionParts.has(key);
        const name = key.replace(/^(get|put|putref)_(?=.)/, "");
        if (!isInner && isPublic(key) && isShown(this.#object, name)) names.add(name);
      }
    }
    return names;
  }
}

function isEnd(prototype: object): boolean {
  return prototype === Object.prototype || prototype === Function.prototype;
}

function isPublic(key: string): boolean {
  return !key.startsWith("_") && !hidden.has(key);
}

function functionsOf(object: object, name: string): readonly MemberFunction[] {
  const settings = dispatchSettingsOf(object);
  const paramNames = Object.entries(settings.parameters ?? {}).find(([key]) => key === name)?.[1];
  const list: MemberFunction[] = [];
  const add = (kind: InvokeKind, functionName: string): void => {
    list.push({ kind, functionName, params: undefined, paramNames, resultVt: VT.VARIANT });
  };
  const property = findProperty(object, name);
  if (typeof property?.value === "function") {
    add("method", name);
    if (settings.dynamic === true) for (const kind of ["get", "put", "putref"] as const) add(kind, name);
  } else if (property !== undefined) {
    if (property.get !== undefined || "value" in property) add("get", name);
    if (property.set !== undefined || property.writable === true) {
      add("put", name);
      add("putref", name);
    }
  }
  for (const kind of ["get", "put", "putref"] as const) {
    const accessor = `${kind}_${name}`;
    if (typeof findProperty(object, accessor)?.value === "function") add(kind, accessor);
  }
  return list;
}

function findProperty(object: object, name: string): PropertyDescriptor | undefined {
  for (let at: object | null = object; at !== null && !isEnd(at); at = Object.getPrototypeOf(at)) {
    const property = Object.getOwnPropertyDescriptor(at, name);
    if (property !== undefined) return property;
  }
  return undefined;
}
