import { createHash } from "node:crypto";
import { guidFromBytes, guidToBytes, parseGuid } from "../../base/index.ts";
import type { Interface, Type } from "../model.ts";
import { hasAttribute, unalias } from "../model.ts";
import type { BaseName, Declarator, FunctionDecl, InterfaceDecl, TypeSpec } from "../syntax/ast.ts";
import { midl3Bases, midl3Names } from "../syntax/midl3-names.ts";
import type { Binder } from "./binder.ts";

/*
 * Instances of the generic interfaces of the Windows Runtime. `IVector<String>` is an interface of its own, with an IID that is
 * made from that of `IVector` and from its arguments by a rule that everybody follows, so nobody has to register it.
 */

/** The namespace of these UUIDs: they are of version 5 (RFC 9562 5.5). */
const uuidNamespace = "11f47ad5-7b73-42c0-abae-878b1e16adee";
/** Deepest nesting of arguments. */
const maxDepth = 32;

/** A fundamental type: how the base types of IDL are called in signatures and in names of the Windows Runtime. */
const fundamental: Readonly<Partial<Record<BaseName, readonly [signature: string, name: string]>>> = {
  boolean: ["b1", "Boolean"],
  byte: ["u1", "UInt8"],
  char: ["u1", "UInt8"],
  uint8: ["u1", "UInt8"],
  int8: ["i1", "Int8"],
  int16: ["i2", "Int16"],
  uint16: ["u2", "UInt16"],
  int32: ["i4", "Int32"],
  int: ["i4", "Int32"],
  uint32: ["u4", "UInt32"],
  uint: ["u4", "UInt32"],
  int64: ["i8", "Int64"],
  uint64: ["u8", "UInt64"],
  float: ["f4", "Single"],
  double: ["f8", "Double"],
  wchar: ["c2", "Char16"],
};

/** Types that are not declared as what they are, by the names they have in IDL. */
const special: Readonly<Record<string, readonly [signature: string, name: string]>> = {
  HSTRING: ["string", "String"],
  GUID: ["g16", "Guid"],
  IInspectable: ["cinterface(IInspectable)", "Object"],
  HRESULT: ["struct(Windows.Foundation.HResult;i4)", "Windows.Foundation.HResult"],
  HResult: ["struct(Windows.Foundation.HResult;i4)", "Windows.Foundation.HResult"],
  EventRegistrationToken: [
    "struct(Windows.Foundation.EventRegistrationToken;i8)",
    "Windows.Foundation.EventRegistrationToken",
  ],
};

/** Fundamental types as arguments have them: by the names of either language. */
const bases: Readonly<Record<string, BaseName>> = {
  ...midl3Bases,
  boolean: "boolean",
  float: "float",
  double: "double",
};

/** What a type is in the Windows Runtime. */
interface Described {
  readonly signature: string;
  readonly name: string;
}

interface Template {
  readonly decl: InterfaceDecl;
  readonly parameters: readonly string[];
  readonly fullName: string;
}

interface Argument {
  readonly spec: TypeSpec;
  readonly described: Described;
}

/** Makes instances, each once. */
export class Generics {
  readonly #binder: Binder;
  #templates: Map<string, Template> | undefined;
  readonly #known = new Map<string, Interface>();
  readonly #signatures = new Map<Interface, string>();
  #depth = 0;

  constructor(binder: Binder) {
    this.#binder = binder;
  }

  /** The interface of `Windows.Foundation.Collections.IVector<String>`; undefined when a part of the name means nothing here. */
  instance(written: string, place: number): Interface | undefined {
    const known = this.#known.get(written);
    if (known !== undefined) return known;
    const open = written.indexOf("<");
    const texts = splitArguments(written.slice(open + 1, -1));
    const name = written.slice(0, open);
    const template = this.#template(name.slice(name.lastIndexOf(".") + 1), texts.length);
    if (template === undefined || this.#depth >= maxDepth) return undefined;
    this.#depth++;
    const args = texts.map((it) => this.#argument(it, place));
    this.#depth--;
    const found = args.filter((it) => it !== undefined);
    if (found.length < texts.length) return undefined;
    const made = this.#make(template, found, place);
    this.#known.set(written, made);
    return made;
  }

  #make(template: Template, args: readonly Argument[], place: number): Interface {
    const { decl, fullName } = template;
    const instance = `${fullName}<${args.map((it) => it.described.name).join(", ")}>`;
    const known = this.#known.get(instance);
    if (known !== undefined) return known;
    const generic = this.#binder.interfaces.uuid(decl.attributes) ?? "";
    const signature = `pinterface({${generic}};${args.map((it) => it.described.signature).join(";")})`;
    const substitute = new Substitution(template.parameters, args, place);
    const name = identifier(instance);
    const body = decl.body.flatMap((it) => (it.kind === "function" ? [substitute.method(it)] : []));
    const bound = this.#binder.interfaces.interface({
      kind: "interface",
      decl: { ...decl, name, place, body, attributes: decl.attributes.filter((it) => it.name !== "uuid") },
      library: undefined,
    });
    const { path } = this.#binder;
    const made = Object.defineProperties({} as Interface, {
      ...Object.getOwnPropertyDescriptors(bound),
      iid: { enumerable: true, value: uuidOf(signature) },
      instance: { enumerable: true, value: instance },
      // Nobody's file declares it, so whoever uses it has it.
      file: { enumerable: true, value: path },
    });
    this.#known.set(instance, made);
    this.#signatures.set(made, signature);
    this.#binder.declare(made);
    return made;
  }

  #template(name: string, arity: number): Template | undefined {
    this.#templates ??= this.#readTemplates();
    return this.#templates.get(`${name}/${arity}`);
  }

  #readTemplates(): Map<string, Template> {
    const templates = new Map<string, Template>();
    for (const decl of this.#binder.runtimeFoundation()?.decls ?? []) {
      if (decl.kind !== "interface" || !decl.name.endsWith(">")) continue;
      const open = decl.name.indexOf("<");
      const parameters = splitArguments(decl.name.slice(open + 1, -1));
      const isDelegate = hasAttribute(decl.attributes, "delegate");
      const name = decl.name.slice(isDelegate ? 1 : 0, open);
      const fullName = this.#binder.fullName({ ...decl, name, file: "" });
      templates.set(`${name}/${parameters.length}`, { decl, parameters, fullName });
    }
    return templates;
  }

  #argument(text: string, place: number): Argument | undefined {
    const base = Object.hasOwn(bases, text) ? bases[text] : undefined;
    const name = Object.hasOwn(midl3Names, text) ? (midl3Names[text] ?? text) : text;
    const spec: TypeSpec =
      base !== undefined
        ? { kind: "base", place, name: base }
        : { kind: "reference", place, name, word: undefined };
    const described = this.#describe(this.#binder.types.spec(spec, ""), 0);
    return described === undefined ? undefined : { spec, described };
  }

  /** Signature and name of a type; undefined for one that the Windows Runtime does not have. */
  #describe(type: Type, depth: number): Described | undefined {
    if (depth > maxDepth) return undefined;
    if ("name" in type && Object.hasOwn(special, type.name)) return pair(special[type.name]);
    const plain = unalias(type);
    if (plain !== type && "name" in plain && Object.hasOwn(special, plain.name))
      return pair(special[plain.name]);
    switch (plain.kind) {
      case "base":
        return pair(fundamental[plain.name]);
      case "pointer":
        return this.#describe(plain.to, depth + 1);
      case "enum": {
        const name = this.#binder.fullName(plain);
        const isFlags = hasAttribute(plain.attributes, "flags");
        return { name, signature: `enum(${name};${isFlags ? "u4" : "i4"})` };
      }
      case "struct": {
        const name = this.#binder.fullName(plain);
        const fields = plain.fields.map((it) => this.#describe(it.type, depth + 1)?.signature);
        if (fields.length === 0 || fields.includes(undefined)) return undefined;
        return { name, signature: `struct(${name};${fields.join(";")})` };
      }
      case "interface":
        return this.#describeInterface(plain);
      case "coclass": {
        const name = this.#binder.fullName(plain);
        const main = plain.interfaces.find((it) => it.default)?.interface;
        const signature = main === undefined ? undefined : this.#describe(main, depth + 1)?.signature;
        return signature === undefined ? undefined : { name, signature: `rc(${name};${signature})` };
      }
      default:
        return undefined;
    }
  }

  #describeInterface(type: Interface): Described | undefined {
    const own = this.#signatures.get(type);
    if (own !== undefined) return { signature: own, name: type.instance ?? type.name };
    if (type.iid === undefined) return undefined;
    if (!hasAttribute(type.attributes, "delegate"))
      return { signature: `{${type.iid}}`, name: this.#binder.fullName(type) };
    const name = this.#binder.fullName({ ...type, name: type.name.slice(1) });
    return { signature: `delegate({${type.iid}})`, name };
  }
}

function pair(known: readonly [string, string] | undefined): Described | undefined {
  return known === undefined ? undefined : { signature: known[0], name: known[1] };
}

/** `A,B<C,D>*` at its outer commas, without spaces and pointers: what is behind a pointer is known from the name. */
function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let open = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const at = text[i];
    if (at === "<") open++;
    else if (at === ">") open--;
    else if (at === undefined || (at === "," && open === 0)) {
      parts.push(text.slice(start, i).replace(/[\s*]+/g, ""));
      start = i + 1;
    }
  }
  return parts;
}

/** `Windows.Foundation.IReference<Windows.Foundation.Point>` is `IReference_Point` to a program. */
function identifier(instance: string): string {
  return instance
    .replace(/[\w.]*\./g, "")
    .replace(/[^\w]+/g, "_")
    .replace(/_$/, "");
}

/** The UUID of a type's signature. */
function uuidOf(signature: string): string {
  // In a UUID of version 5 the fields are in network order, in ours they are as Windows has them in memory.
  const namespace = swapped(guidToBytes(parseGuid(uuidNamespace)));
  const digest = createHash("sha1").update(namespace).update(signature).digest().subarray(0, 16);
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return guidFromBytes(swapped(digest));
}

function swapped(bytes: Uint8Array): Uint8Array {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Uint8Array.from(order, (from) => bytes[from] ?? 0);
}

/** Puts arguments in the place of parameters. */
class Substitution {
  readonly #specs: ReadonlyMap<string, TypeSpec>;
  readonly #names: ReadonlyMap<string, string>;
  readonly #pattern: RegExp;
  readonly #place: number;

  constructor(parameters: readonly string[], args: readonly Argument[], place: number) {
    this.#specs = new Map(parameters.map((it, i) => [it, args[i]?.spec as TypeSpec]));
    this.#names = new Map(
      parameters.map((it, i) => {
        const spec = args[i]?.spec;
        return [it, spec?.kind === "reference" ? spec.name : (args[i]?.described.name ?? "")];
      }),
    );
    this.#pattern = new RegExp(`\\b(?:${parameters.join("|")})\\b`, "g");
    this.#place = place;
  }

  method(decl: FunctionDecl): FunctionDecl {
    const place = this.#place;
    return {
      ...decl,
      place,
      parameters: decl.parameters.map((it) => ({
        ...it,
        place,
        spec: this.#spec(it.spec),
        declarator: this.#declarator(it.declarator),
      })),
    };
  }

  #declarator(declarator: Declarator): Declarator {
    return { ...declarator, place: this.#place };
  }

  #spec(spec: TypeSpec): TypeSpec {
    if (spec.kind !== "reference") return spec;
    const own = this.#specs.get(spec.name);
    if (own !== undefined) return own;
    const name = spec.name.replace(this.#pattern, (it) => this.#names.get(it) ?? it);
    return { ...spec, name, place: this.#place };
  }
}
