import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DOMParser, type Document, type Element } from "@xmldom/xmldom";
import { ComError, type Guid, formatGuid, tryParseGuid } from "../base/index.ts";

/** ERROR_SXS_CANT_GEN_ACTCTX as an HRESULT: a manifest cannot be understood. */
const SXS_CANT_GEN_ACTCTX = 0x800736b1;

const namespace = "urn:schemas-microsoft-com:asm.v1";

/** Limits on what a manifest may bring: it is read whole. */
const maxBytes = 4 << 20;
const maxAssemblies = 256;
const maxClasses = 65_536;

/** A class as a manifest describes it: what the registry would say of it. */
export interface ManifestClass {
  readonly clsid: Guid;
  readonly description: string | undefined;
  /** The ES module that serves it. */
  readonly module: string;
  readonly threadingModel: string | undefined;
  readonly progIds: readonly string[];
  readonly typeLibrary: Guid | undefined;
}

/** An interface's proxy and stub as a manifest names them (comInterfaceExternalProxyStub and comInterfaceProxyStub). */
export interface ManifestInterface {
  readonly iid: Guid;
  readonly name: string | undefined;
  readonly proxyStub: Guid | undefined;
  readonly typeLibrary: Guid | undefined;
}

/** A type library that a manifest brings. */
export interface ManifestTypeLibrary {
  readonly libid: Guid;
  readonly version: string;
  readonly path: string;
}

/**
 * Classes that need no registration: those of a manifest and of the assemblies it depends on (an activation context of Windows). Classes found here
 * come before the registry's, so that two versions of a class stand side by side, each seen by those who ask in its context.
 */
export class ActivationContext {
  readonly classes: ReadonlyMap<Guid, ManifestClass>;
  readonly interfaces: ReadonlyMap<Guid, ManifestInterface>;
  readonly typeLibraries: readonly ManifestTypeLibrary[];
  readonly #progIds = new Map<string, Guid>();

  /** Reads a manifest (CreateActCtx). Throws a ComError that names the file and what is wrong with it. */
  constructor(manifest: string) {
    const found = new Assemblies();
    found.read(resolve(manifest));
    this.classes = found.classes;
    this.interfaces = found.interfaces;
    this.typeLibraries = found.typeLibraries;
    for (const one of this.classes.values())
      for (const progId of one.progIds) this.#progIds.set(progId.toLowerCase(), one.clsid);
  }

  clsidFromProgId(progId: string): Guid | undefined {
    return this.#progIds.get(progId.toLowerCase());
  }

  /** The module that serves a class; undefined for one the manifest does not have. */
  inprocServer(clsid: Guid): string | undefined {
    return this.classes.get(clsid)?.module;
  }
}

/** Goes from manifest to manifest and gathers what they declare. */
class Assemblies {
  readonly classes = new Map<Guid, ManifestClass>();
  readonly interfaces = new Map<Guid, ManifestInterface>();
  readonly typeLibraries: ManifestTypeLibrary[] = [];
  readonly #read = new Set<string>();

  read(path: string): void {
    if (this.#read.has(path)) return;
    this.#read.add(path);
    if (this.#read.size > maxAssemblies)
      throw wrong(path, `it depends on more than ${maxAssemblies} assemblies`);
    const root = parse(path).documentElement;
    if (root === null || root.localName !== "assembly" || root.namespaceURI !== namespace)
      throw wrong(path, `its root is not an assembly of ${namespace}`);
    for (const element of childrenOf(root)) {
      if (element.localName === "file") this.#file(element, path);
      else if (element.localName === "comInterfaceExternalProxyStub") this.#interface(element, path);
      else if (element.localName === "dependency") this.#dependency(element, path);
    }
  }

  #file(file: Element, path: string): void {
    const name = file.getAttribute("name") ?? "";
    if (name === "") throw wrong(path, "a file has no name");
    const module = resolve(dirname(path), name.replaceAll("\\", "/"));
    for (const element of childrenOf(file)) {
      if (element.localName === "comClass") this.#class(element, module, path);
      else if (element.localName === "comInterfaceProxyStub") this.#interface(element, path);
      else if (element.localName === "typelib") {
        const version = element.getAttribute("version") ?? "1.0";
        this.typeLibraries.push({ libid: guidOf(element, "tlbid", path), version, path: module });
      }
    }
  }

  #class(element: Element, module: string, path: string): void {
    const clsid = guidOf(element, "clsid", path);
    if (this.classes.has(clsid)) throw wrong(path, `class ${formatGuid(clsid)} is there twice`);
    if (this.classes.size >= maxClasses) throw wrong(path, `it has more than ${maxClasses} classes`);
    const progIds = childrenOf(element)
      .filter((one) => one.localName === "progid")
      .map((one) => (one.textContent ?? "").trim());
    this.classes.set(clsid, {
      clsid,
      description: textOf(element, "description"),
      module,
      threadingModel: textOf(element, "threadingModel"),
      progIds: [textOf(element, "progid"), ...progIds].filter((name) => name !== undefined && name !== ""),
      typeLibrary: optionalGuid(element, "tlbid", path),
    } as ManifestClass);
  }

  #interface(element: Element, path: string): void {
    const iid = guidOf(element, "iid", path);
    this.interfaces.set(iid, {
      iid,
      name: textOf(element, "name"),
      proxyStub: optionalGuid(element, "proxyStubClsid32", path),
      typeLibrary: optionalGuid(element, "tlbid", path),
    });
  }

  /** A private assembly: `name.manifest` beside the one that needs it, or in a folder of its name. */
  #dependency(dependency: Element, path: string): void {
    const identities = childrenOf(dependency)
      .filter((one) => one.localName === "dependentAssembly")
      .flatMap((one) => childrenOf(one).filter((inner) => inner.localName === "assemblyIdentity"));
    const optional = dependency.getAttribute("optional")?.toLowerCase() === "yes";
    for (const identity of identities) {
      const name = identity.getAttribute("name") ?? "";
      if (!/^[\w.-]+$/.test(name))
        throw wrong(path, `it depends on an assembly named "${name.slice(0, 80)}"`);
      const folder = dirname(path);
      const places = [join(folder, `${name}.manifest`), join(folder, name, `${name}.manifest`)];
      const place = places.find((one) => statSync(one, { throwIfNoEntry: false })?.isFile() === true);
      if (place !== undefined) this.read(place);
      else if (!optional) throw wrong(path, `the assembly ${name} it depends on is not beside it`);
    }
  }
}

function parse(path: string): Document {
  let text: string;
  try {
    if (statSync(path).size > maxBytes) throw wrong(path, `it is larger than ${maxBytes} bytes`);
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw error instanceof ComError ? error : wrong(path, "it cannot be read", error);
  }
  try {
    const onError = (_level: string, message: string): never => {
      throw wrong(path, message);
    };
    return new DOMParser({ onError }).parseFromString(text, "text/xml");
  } catch (error) {
    throw error instanceof ComError ? error : wrong(path, "it is no XML", error);
  }
}

function childrenOf(element: Element): Element[] {
  return Array.from(element.childNodes).filter((node) => node.nodeType === 1) as Element[];
}

function textOf(element: Element, name: string): string | undefined {
  return element.hasAttribute(name) ? (element.getAttribute(name) ?? undefined) : undefined;
}

function optionalGuid(element: Element, name: string, path: string): Guid | undefined {
  return element.hasAttribute(name) ? guidOf(element, name, path) : undefined;
}

function guidOf(element: Element, name: string, path: string): Guid {
  const text = element.getAttribute(name) ?? "";
  const parsed = tryParseGuid(text);
  if (parsed !== undefined) return parsed;
  throw wrong(path, `${name} of ${element.localName} is "${text.slice(0, 80)}", which is no GUID`);
}

function wrong(path: string, what: string, cause?: unknown): ComError {
  const options = cause === undefined ? {} : { cause };
  return new ComError(SXS_CANT_GEN_ACTCTX, `the manifest ${path}: ${what}`, options);
}
