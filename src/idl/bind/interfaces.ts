import type {
  Coclass,
  CoclassInterface,
  Dispinterface,
  Interface,
  InvokeKind,
  Method,
  Named,
} from "../model.ts";
import { attributeOf, hasAttribute, textArgument } from "../model.ts";
import type { Attribute, FunctionDecl, InterfaceDecl } from "../syntax/ast.ts";
import type { Binder } from "./binder.ts";
import { evaluate } from "./evaluate.ts";
import { guidText } from "./guid-text.ts";
import type { TypeSymbol } from "./symbols.ts";
import { asyncInterface } from "./async.ts";
import { lazy } from "./types.ts";

type SymbolOf<K extends TypeSymbol["kind"]> = Extract<TypeSymbol, { kind: K }>;

/** Deepest chain of base interfaces; a longer one is a circle. */
const maxBases = 256;

/** Binds interfaces, dispinterfaces and coclasses. */
export class InterfaceBinder {
  readonly #binder: Binder;
  readonly #known = new Map<object, Interface | Dispinterface | Coclass>();
  readonly #binding = new Set<InterfaceDecl>();
  readonly #async = new Map<Interface, Interface>();
  readonly #functions = new Map<FunctionDecl, Method>();

  constructor(binder: Binder) {
    this.#binder = binder;
  }

  #named(decl: Omit<Named, "file">): Named {
    const { name, attributes, doc, place } = decl;
    return { name, attributes, doc, place, file: this.#binder.fileOf(place) };
  }

  interface(symbol: SymbolOf<"interface">): Interface {
    const { decl } = symbol;
    const known = this.#known.get(decl);
    if (known !== undefined) return known as Interface;
    const { attributes } = decl;
    const base = this.#base(decl);
    const object =
      hasAttribute(attributes, "object") ||
      hasAttribute(attributes, "odl") ||
      hasAttribute(attributes, "dual") ||
      hasAttribute(attributes, "oleautomation") ||
      base?.object === true ||
      (decl.name === "IUnknown" && decl.bases.length === 0);
    const dual = hasAttribute(attributes, "dual");
    const baseSlots = base?.slots ?? 0;
    const functions = decl.body.filter((it): it is FunctionDecl => it.kind === "function");
    const shell: Omit<Interface, "methods"> = {
      kind: "interface",
      ...this.#named(decl),
      iid: this.uuid(attributes),
      version: version(attributes),
      object,
      local: hasAttribute(attributes, "local"),
      dual,
      oleautomation: dual || hasAttribute(attributes, "oleautomation"),
      base,
      baseSlots,
      slots: baseSlots + functions.filter((it) => takesSlot(it, object)).length,
      asyncIid: this.uuid(attributes, "async_uuid"),
      pointerDefault: pointerDefault(attributes),
      library: symbol.library,
      missing: false,
    };
    const entity = lazy<Interface, "methods">(shell, "methods", () => this.#methods(functions, shell));
    this.#known.set(decl, entity);
    return entity;
  }

  /** The interface that `[async_uuid]` of this one stands for; undefined when it has none. */
  async(sync: Interface): Interface | undefined {
    if (sync.asyncIid === undefined) return undefined;
    let made = this.#async.get(sync);
    if (made === undefined) {
      const { base } = sync;
      made = asyncInterface(
        sync,
        sync.asyncIid,
        base === undefined ? undefined : (this.async(base) ?? rootOf(base)),
      );
      this.#async.set(sync, made);
    }
    return made;
  }

  #base(decl: InterfaceDecl): Interface | undefined {
    const [first] = decl.bases;
    if (first === undefined) return undefined;
    if (this.#binding.has(decl) || this.#binding.size > maxBases) {
      this.#binder.diagnostics.error(first.place, `interface ${decl.name} derives from itself`);
      return undefined;
    }
    this.#binding.add(decl);
    const type = this.#binder.types.reference(first.name, "interface", first.place);
    this.#binding.delete(decl);
    if (type.kind === "interface") return type;
    if (type.kind !== "unknown") {
      this.#binder.diagnostics.error(first.place, `${first.name} is not an interface`);
    }
    return undefined;
  }

  /** An interface of which only the name is known. */
  undefinedInterface(name: string, place: number): Interface {
    return {
      kind: "interface",
      name,
      attributes: [],
      doc: undefined,
      place,
      file: this.#binder.fileOf(place),
      iid: undefined,
      version: [0, 0],
      object: true,
      local: false,
      dual: false,
      oleautomation: false,
      base: undefined,
      methods: [],
      baseSlots: 0,
      slots: 0,
      asyncIid: undefined,
      pointerDefault: "unique",
      library: undefined,
      missing: true,
    };
  }

  #methods(functions: readonly FunctionDecl[], owner: Omit<Interface, "methods">): Method[] {
    const slots = new Map<string, number>();
    let next = owner.baseSlots;
    let nextCallback = 0;
    const dispatch = isDispatch(owner);
    const depth = basesOf(owner);
    const numbers = functions.map((decl) => {
      if (isCallback(decl)) return nextCallback++;
      if (hasAttribute(decl.attributes, "call_as") || !takesSlot(decl, owner.object)) return -1;
      const opnum = next++;
      if (!slots.has(methodName(decl).name)) slots.set(methodName(decl).name, opnum);
      return opnum;
    });
    const wires = new Map<string, string>();
    for (const decl of functions) {
      const target = textArgument(decl.attributes, "call_as");
      if (target !== undefined) wires.set(target, decl.name);
    }
    const ids = new Map<string, number>();
    return functions.map((decl, index) => {
      const callAs = textArgument(decl.attributes, "call_as");
      const { name, invoke } = methodName(decl);
      let opnum = numbers[index] ?? -1;
      if (callAs !== undefined) {
        opnum = slots.get(callAs) ?? -1;
        if (opnum < 0 && owner.object) {
          this.#binder.diagnostics.error(
            decl.place,
            `[call_as] names "${callAs}", which is no local method here`,
          );
        }
      }
      let dispId = this.dispId(decl.attributes);
      if (dispId === undefined && dispatch) {
        dispId = ids.get(decl.name) ?? (0x60000000 | (depth << 16) | (opnum - owner.baseSlots)) >>> 0;
      }
      if (dispId !== undefined && !ids.has(decl.name)) ids.set(decl.name, dispId);
      const local = hasAttribute(decl.attributes, "local") || owner.local;
      return this.#method(decl, { name, invoke, opnum, dispId, local, callAs, wire: wires.get(name) });
    });
  }

  #method(
    decl: FunctionDecl,
    facts: Pick<Method, "name" | "invoke" | "opnum" | "dispId" | "local" | "callAs" | "wire">,
  ): Method {
    const { types } = this.#binder;
    return {
      name: facts.name,
      invoke: facts.invoke,
      opnum: facts.opnum,
      dispId: facts.dispId,
      local: facts.local,
      callAs: facts.callAs,
      ...(decl.convention === undefined ? {} : { convention: decl.convention }),
      wire: facts.wire,
      idlName: decl.name,
      params: decl.parameters.map((it, i) => types.param(it, i)),
      returns: types.use(decl.result),
      attributes: decl.attributes,
      callback: isCallback(decl),
      doc: decl.doc,
      place: decl.place,
    };
  }

  /** Functions of a module or of a dispinterface. */
  functions(decls: readonly FunctionDecl[]): Method[] {
    return decls.map((decl) => {
      let method = this.#functions.get(decl);
      if (method === undefined) this.#functions.set(decl, (method = this.#function(decl)));
      return method;
    });
  }

  #function(decl: FunctionDecl): Method {
    const { name, invoke } = methodName(decl);
    const dispId = this.dispId(decl.attributes);
    const facts = { opnum: -1, local: false, callAs: undefined, wire: undefined };
    return this.#method(decl, { name, invoke, dispId, ...facts });
  }

  dispinterface(symbol: SymbolOf<"dispinterface">): Dispinterface {
    const { decl } = symbol;
    const known = this.#known.get(decl);
    if (known !== undefined) return known as Dispinterface;
    const { types } = this.#binder;
    const shell = {
      kind: "dispinterface" as const,
      ...this.#named(decl),
      iid: this.uuid(decl.attributes),
      version: version(decl.attributes),
      library: symbol.library,
    };
    const withOf = lazy<Omit<Dispinterface, "properties" | "methods">, "of">(shell, "of", () => {
      if (decl.of === undefined) return undefined;
      const type = types.reference(decl.of.name, "interface", decl.of.place);
      return type.kind === "interface" ? type : undefined;
    });
    const withProperties = lazy<Omit<Dispinterface, "methods">, "properties">(withOf, "properties", () =>
      decl.properties.flatMap((line) =>
        types
          .fields(line, decl.name)
          .map((field) => Object.assign(field, { dispId: this.dispId(line.attributes) })),
      ),
    );
    const entity = lazy<Dispinterface, "methods">(withProperties, "methods", () =>
      this.functions(decl.methods),
    );
    this.#known.set(decl, entity);
    return entity;
  }

  coclass(symbol: SymbolOf<"coclass">): Coclass {
    const { decl } = symbol;
    const known = this.#known.get(decl);
    if (known !== undefined) return known as Coclass;
    const shell: Omit<Coclass, "interfaces"> = {
      kind: "coclass",
      ...this.#named(decl),
      clsid: this.uuid(decl.attributes),
      version: version(decl.attributes),
      library: symbol.library,
    };
    const entity = lazy<Coclass, "interfaces">(shell, "interfaces", () =>
      decl.members.flatMap((member): CoclassInterface[] => {
        const type = this.#binder.types.reference(member.name, "interface", member.place);
        if (type.kind !== "interface" && type.kind !== "dispinterface") {
          // A class of the Windows Runtime may derive from another.
          if (type.kind !== "unknown" && (type.kind !== "coclass" || symbol.library !== undefined))
            this.#binder.diagnostics.warning(member.place, `${member.name} is not an interface`);
          return [];
        }
        const has = (name: string): boolean => hasAttribute(member.attributes, name);
        return [
          {
            interface: type,
            default: has("default"),
            source: has("source"),
            restricted: has("restricted"),
            attributes: member.attributes,
          },
        ];
      }),
    );
    this.#known.set(decl, entity);
    return entity;
  }

  uuid(attributes: readonly Attribute[], name = "uuid"): string | undefined {
    const attribute = attributeOf(attributes, name);
    if (attribute === undefined) return undefined;
    const text = textArgument(attributes, name) ?? "";
    const guid = guidText(text);
    if (guid !== undefined) return guid;
    const message = `"${text.slice(0, 60)}" is not a GUID`;
    // A plain name is a macro that was to be defined, or a place left open in a template.
    if (/^[A-Za-z_]\w*$/.test(text)) this.#binder.diagnostics.warning(attribute.place, message);
    else this.#binder.unknown(attribute.place, message);
    return undefined;
  }

  dispId(attributes: readonly Attribute[]): number | undefined {
    const arg = attributeOf(attributes, "id")?.args?.[0];
    if (arg === undefined) return undefined;
    const value = evaluate(arg, this.#binder.evaluator);
    if (typeof value === "number") return value > 0x7fffffff ? value | 0 : value;
    this.#binder.unknown(arg.place, "this DISPID is not a constant");
    return undefined;
  }
}

function rootOf(type: Interface): Interface {
  let at = type;
  for (let i = 0; at.base !== undefined && i < maxBases; i++) at = at.base;
  return at;
}

function isCallback(decl: FunctionDecl): boolean {
  return hasAttribute(decl.attributes, "callback");
}

/** Every method of an object interface has a slot, local ones too; in a remote procedure interface local ones have none. */
function takesSlot(decl: FunctionDecl, object: boolean): boolean {
  if (isCallback(decl) || hasAttribute(decl.attributes, "call_as")) return false;
  return object || !hasAttribute(decl.attributes, "local");
}

function methodName(decl: FunctionDecl): { name: string; invoke: InvokeKind } {
  if (hasAttribute(decl.attributes, "propget")) return { name: `get_${decl.name}`, invoke: "get" };
  if (hasAttribute(decl.attributes, "propput")) return { name: `put_${decl.name}`, invoke: "put" };
  if (hasAttribute(decl.attributes, "propputref")) return { name: `putref_${decl.name}`, invoke: "putref" };
  if (hasAttribute(decl.attributes, "eventadd")) return { name: `add_${decl.name}`, invoke: "method" };
  if (hasAttribute(decl.attributes, "eventremove")) return { name: `remove_${decl.name}`, invoke: "method" };
  return { name: decl.name, invoke: "method" };
}

/** True for IDispatch and what derives from it. */
function isDispatch(type: Pick<Interface, "name" | "base">): boolean {
  for (let at: Pick<Interface, "name" | "base"> | undefined = type; at !== undefined; at = at.base) {
    if (at.name === "IDispatch") return true;
  }
  return false;
}

function basesOf(type: Pick<Interface, "base">): number {
  let count = 0;
  for (let at = type.base; at !== undefined; at = at.base) count++;
  return count;
}

function version(attributes: readonly Attribute[]): [number, number] {
  const text = textArgument(attributes, "version") ?? "0.0";
  const match = /^(\d+)(?:\.(\d+))?/.exec(text);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}

function pointerDefault(attributes: readonly Attribute[]): "ref" | "unique" | "ptr" {
  const text = textArgument(attributes, "pointer_default");
  return text === "ref" || text === "ptr" ? text : "unique";
}
