import { ComError, type Guid, HResult } from "../base/index.ts";
import { type Interface, type InterfaceDescriptor, allMethods, knownInterface } from "../ndr/index.ts";
import { IID_IUnknown, IUnknown } from "./unknown.ts";

/*
 * Which interfaces an object has: what its class declared, or for an object without a declaring class, what was declared for itself.
 * The set never changes once the object was asked ([MS-DCOM] 1.3.1; the "static" rule of QueryInterface).
 */

type InterfaceTable = ReadonlyMap<Guid, InterfaceDescriptor>;

const declared = new WeakMap<object, InterfaceDescriptor[]>();
const classTables = new WeakMap<object, InterfaceTable>();
const objectTables = new WeakMap<object, InterfaceTable>();

/** The classes of what is written without naming one. */
const literals: ReadonlySet<object> = new Set([Object, Array, Function]);

/**
 * Declares the interfaces of an implementation class or of one object. An interface stands for its bases too. Classes may as well carry
 * `static interfaces = [ICounter]`; `defineClass` declares those of its coclass. Throws E_UNEXPECTED when the class is already in use without them,
 * and E_INVALIDARG for Object, Array and Function: every literal would be an object of that class.
 */
export function implement(target: object, ...interfaces: readonly InterfaceDescriptor[]): void {
  if (literals.has(target) && interfaces.length > 0)
    throw new ComError(
      HResult.E_INVALIDARG,
      `${(target as { readonly name: string }).name} is the class of every literal: write a class of your own, or use implement(object, …)`,
    );
  const table = (typeof target === "function" ? classTables : objectTables).get(target);
  if (table !== undefined) {
    const late = interfaces.find((one) => !table.has(one.iid));
    if (late === undefined) return;
    throw new ComError(
      HResult.E_UNEXPECTED,
      `${late.name} is declared after the object was asked for interfaces`,
    );
  }
  declared.set(target, [...(declared.get(target) ?? []), ...interfaces]);
}

/** Whether a class, or one it derives from, says which interfaces it has. */
export function declaresInterfaces(constructor: object): boolean {
  for (let at: object | null = constructor; at !== null; at = Object.getPrototypeOf(at)) {
    if ((declared.get(at)?.length ?? 0) > 0 || staticInterfaces(at).length > 0) return true;
  }
  return false;
}

/** The class of an object as far as generated code is concerned. */
export function classOf(object: object): object {
  const constructor: unknown = object.constructor;
  return typeof constructor === "function" ? constructor : Object;
}

/** The interfaces of an object and their bases, without IUnknown. */
export function interfacesOf(object: object): InterfaceTable {
  const own = objectTables.get(object);
  if (own !== undefined) return own;
  const ofClass = tableOfClass(classOf(object));
  const extra = declared.get(object);
  if (extra === undefined) return ofClass;
  const table = new Map(ofClass);
  for (const one of extra) addWithBases(table, one);
  objectTables.set(object, table);
  return table;
}

function tableOfClass(constructor: object): InterfaceTable {
  let table = classTables.get(constructor);
  if (table === undefined) {
    const made = new Map<Guid, InterfaceDescriptor>();
    for (let at: object | null = constructor; at !== null; at = Object.getPrototypeOf(at)) {
      for (const one of declared.get(at) ?? []) addWithBases(made, one);
      for (const one of staticInterfaces(at)) addWithBases(made, one);
    }
    table = made;
    if (constructor !== Object) classTables.set(constructor, table);
  }
  return table;
}

function staticInterfaces(constructor: object): readonly InterfaceDescriptor[] {
  if (!Object.hasOwn(constructor, "interfaces")) return [];
  const list = (constructor as { interfaces?: unknown }).interfaces;
  return Array.isArray(list) ? (list as readonly InterfaceDescriptor[]) : [];
}

function addWithBases(table: Map<Guid, InterfaceDescriptor>, descriptor: InterfaceDescriptor): void {
  for (let at: InterfaceDescriptor | undefined = descriptor; at; at = at.base) {
    if (at.iid !== IID_IUnknown && !table.has(at.iid)) table.set(at.iid, at);
  }
}

/**
 * Takes an object that declares nothing at its word: the first interface it is used as, when it has all its methods (an event sink written as a
 * literal), becomes its interface. Answers whether it did.
 */
export function adoptInterface(object: object, descriptor: InterfaceDescriptor): boolean {
  if (descriptor.iid === IID_IUnknown || interfacesOf(object).size > 0) return false;
  const methods = allMethods(descriptor).filter((method) => !unknownMethods.has(method.name));
  if (
    methods.length === 0 ||
    !methods.every((method) => typeof (object as Record<string, unknown>)[method.name] === "function")
  ) {
    return false;
  }
  const table = new Map<Guid, InterfaceDescriptor>();
  addWithBases(table, descriptor);
  objectTables.set(object, table);
  return true;
}

/** The methods every pointer brings along. */
export const unknownMethods: ReadonlySet<string> = new Set(["QueryInterface", "AddRef", "Release"]);

/** Where contracts are found that the program has no generated code for: registered type libraries. */
export interface ContractSource {
  /** The contract of an IID; undefined when it is not described. */
  contractOf(iid: Guid): InterfaceDescriptor | undefined;
  /** The interfaces of a class, the default one first; none when neither its own library (LIBID and version) nor a registered one describes it. */
  interfacesOfClass(clsid: Guid, library?: string, version?: string): readonly InterfaceDescriptor[];
}

/**
 * The contract of an IID: the program's own, else the one `source` finds. When nobody knows it, an interface with IUnknown's methods alone, good for
 * asking further.
 */
export function contractOf(iid: Guid, source?: Pick<ContractSource, "contractOf">): Interface<IUnknown> {
  const known = iid === IID_IUnknown ? IUnknown : knownInterface(iid);
  return known ?? source?.contractOf(iid) ?? opaque(iid);
}

const opaques = new Map<Guid, WeakRef<Interface<IUnknown>>>();

function opaque(iid: Guid): Interface<IUnknown> {
  const before = opaques.get(iid)?.deref();
  if (before !== undefined) return before;
  if (opaques.size > 1000) opaques.clear();
  const made: Interface<IUnknown> = {
    name: `{${iid}}`,
    iid,
    version: [0, 0],
    kind: "object",
    dual: false,
    oleautomation: false,
    base: IUnknown,
    methods: [],
  };
  opaques.set(iid, new WeakRef(made));
  return made;
}
