import { type Guid, parseGuid } from "../base/index.ts";
import type { Awaitable, ClassDescriptor, InterfaceDescriptor } from "../ndr/index.ts";
import { implement } from "./interfaces.ts";
import type { Runtime } from "./runtime.ts";
import type { IUnknown } from "./unknown.ts";
import { declareSources } from "./sources.ts";

/** Where an in-process class may live (the registry's ThreadingModel). `Main` stands for a class without one: the main apartment. */
export type ThreadingModel = "Apartment" | "Free" | "Both" | "Neutral" | "Main";

/** What a new object gets to know of the world: handed to its constructor. */
export interface CreationContext {
  /** The runtime the object belongs to: for creating other objects, pointers of its own, and so on. */
  readonly runtime: Runtime;
  readonly definition: ClassDefinition;
  /**
   * The controlling unknown when the object is to be an inner one of an aggregate (pUnkOuter), else absent. It is lent: pointers asked of it must be
   * given back before long, or neither object ever ends.
   */
  readonly outer?: IUnknown;
}

/** A class of objects: written by the user, constructed without arguments or with the {@link CreationContext}. */
export type Implementation = new (context: CreationContext) => object;

/** The licence a class wants (IClassFactory2). */
export interface LicenseHooks {
  /** Whether this machine holds a licence. */
  readonly verified: () => boolean;
  /** The key handed to another machine; absent when none is given out. */
  readonly requestKey?: () => string;
  /** Whether a key opens the class. */
  readonly accepts: (key: string) => boolean;
}

export interface ClassOptions {
  /** Default: `Both`. */
  readonly threading?: ThreadingModel;
  /** Interfaces beyond the coclass's own. */
  readonly interfaces?: readonly InterfaceDescriptor[];
  /** One object for all: every activation answers the same one, while it lives. */
  readonly singleton?: boolean;
  /** Allows to be the inner object of another (aggregation). Otherwise refused with CLASS_E_NOAGGREGATION. */
  readonly aggregatable?: boolean;
  /** Makes the object in place of `new`; may take its time. */
  readonly create?: (context: CreationContext) => Awaitable<object>;
  readonly license?: LicenseHooks;
  /** The application the class belongs to: its security and activation settings (AppID key). */
  readonly appId?: string;
  /** The type library that describes the class (LIBID). */
  readonly typeLibrary?: string;
  readonly version?: string;
  /** Asks the runtime for IDispatch; what answers it is registered by the automation layer. */
  readonly dispatch?: boolean;
  /** Categories the class implements (CATIDs). */
  readonly categories?: readonly string[];
}

/** A class that is not described by a generated coclass. */
export interface ClassIdentity {
  readonly clsid: string;
  readonly name?: string;
  readonly progId?: string;
  readonly versionIndependentProgId?: string;
  readonly interfaces?: readonly InterfaceDescriptor[];
  readonly sources?: readonly InterfaceDescriptor[];
}

/** An implementation under its CLSID: what class factories are made from. */
export interface ClassDefinition {
  readonly clsid: Guid;
  readonly name: string;
  readonly progId: string | undefined;
  readonly versionIndependentProgId: string | undefined;
  readonly interfaces: readonly InterfaceDescriptor[];
  readonly sources: readonly InterfaceDescriptor[];
  readonly implementation: Implementation;
  readonly options: ClassOptions;
}

/**
 * Puts an implementation under a CLSID, with the coclass's interfaces. What a class may be: its constructor gets a {@link CreationContext}, its
 * `finalRelease()` (or `[Symbol.dispose]`) runs at the last release, and everything else it has is methods of its interfaces.
 */
export function defineClass(
  coclass: ClassDescriptor | ClassIdentity,
  implementation: Implementation,
  options: ClassOptions = {},
): ClassDefinition {
  const interfaces = [...(coclass.interfaces ?? []), ...(options.interfaces ?? [])];
  implement(implementation, ...interfaces);
  declareSources(implementation, ...(coclass.sources ?? []));
  const { progId } = coclass;
  return {
    clsid: parseGuid(coclass.clsid),
    name: coclass.name ?? progId ?? implementation.name,
    progId,
    versionIndependentProgId: coclass.versionIndependentProgId ?? withoutVersion(progId),
    interfaces,
    sources: coclass.sources ?? [],
    implementation,
    options,
  };
}

/** `Comity.Calculator.1` → `Comity.Calculator`; undefined when the ProgID ends in no number. */
function withoutVersion(progId: string | undefined): string | undefined {
  const match = /^(.+)\.\d+$/.exec(progId ?? "");
  return match?.[1];
}
