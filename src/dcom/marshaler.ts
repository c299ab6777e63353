import { ComError, type Guid, GUID_NULL, HResult } from "../base/index.ts";
import {
  type ContractSource,
  type IUnknown,
  type LeakDetector,
  type MarshalOptions,
  type Marshaler,
  contractOf,
  identityOf,
  pointerTo,
  proxyPointer,
  remoteObjectOf,
} from "../com/index.ts";
import type { Importer } from "./client/importer.ts";
import { RemoteReference } from "./client/remote-object.ts";
import type { ObjectExporter } from "./exporter/exporter.ts";
import type { Marshaling, Origin, PendingMarshal } from "./marshaling.ts";
import { type CustomObjref, type Objref, decodeObjref, encodeObjref } from "./objref.ts";
import type { ChannelHook } from "./orpc/hooks.ts";

/** Objects that marshal themselves (IMarshal): asked before standard marshaling. Undefined: not this one. */
export type CustomMarshal = (
  iid: Guid,
  object: object,
  options: MarshalOptions | undefined,
) => { readonly clsid: Guid; readonly data: Uint8Array } | undefined;

/** Makes the pointer of a custom reference (IMarshal::UnmarshalInterface of the class `clsid`). The caller owns it. */
export type CustomUnmarshal = (iid: Guid, objref: CustomObjref) => IUnknown;

export interface MarshalerOptions {
  /** How objects of others are called when nothing else says it. */
  readonly origin: Origin;
  readonly hooks: readonly ChannelHook[];
  readonly customMarshal?: CustomMarshal | undefined;
  readonly customUnmarshal?: ReadonlyMap<Guid, CustomUnmarshal> | undefined;
  readonly leaks?: LeakDetector | undefined;
  /** Contracts the program has no generated code for. */
  readonly contracts?: Pick<ContractSource, "contractOf"> | undefined;
}

/** Interface pointers to OBJREFs and back ([MS-DCOM] 3.1.1.5.1, 3.2.4.4; CoMarshalInterface and its kin). */
export class ObjectMarshaler implements Marshaler, Marshaling {
  readonly hooks: readonly ChannelHook[];
  readonly #options: MarshalerOptions;
  #exporter: ObjectExporter | undefined;
  #importer: Importer | undefined;

  constructor(options: MarshalerOptions) {
    this.#options = options;
    this.hooks = options.hooks;
  }

  /** The two sides; they need the marshaler to be made first. */
  connect(exporter: ObjectExporter, importer: Importer): void {
    this.#exporter = exporter;
    this.#importer = importer;
  }

  marshalInterface(iid: Guid, pointer: object, options?: MarshalOptions): Uint8Array {
    return this.marshal(iid, pointer, options, undefined);
  }

  unmarshalInterface(iid: Guid, objref: Uint8Array): IUnknown {
    return this.unmarshal(iid, objref, undefined);
  }

  /** As `marshalInterface`, but waits where a remote object must be asked for a reference first. */
  async marshalWhenReady(iid: Guid, pointer: object, options?: MarshalOptions): Promise<Uint8Array> {
    const message: PendingMarshal = { pending: undefined };
    for (;;) {
      try {
        return this.marshal(iid, pointer, options, message);
      } catch (error) {
        if (message.pending === undefined) throw error;
        await message.pending;
        message.pending = undefined;
      }
    }
  }

  async releaseMarshalData(objref: Uint8Array): Promise<void> {
    this.#takeBack(decodeObjref(objref));
    await this.#parts.importer.drain();
  }

  disconnectObject(object: object): void {
    this.#parts.exporter.disconnect(object);
  }

  marshal(
    iid: Guid,
    pointer: object,
    options: MarshalOptions | undefined,
    message: PendingMarshal | undefined,
  ): Uint8Array {
    const wanted = iid === GUID_NULL ? defaultIid(pointer) : iid;
    const remote = remoteObjectOf(pointer);
    if (remote !== undefined) return this.#passOn(wanted, remote, message);
    const custom = this.#options.customMarshal?.(wanted, identityOf(pointer).object, options);
    if (custom !== undefined) return encodeObjref({ form: "custom", iid: wanted, ...custom });
    return this.#parts.exporter.marshal(wanted, pointer, options);
  }

  unmarshal(iid: Guid, bytes: Uint8Array, origin: Origin | undefined): IUnknown {
    const objref = decodeObjref(bytes);
    const wanted = iid === GUID_NULL ? objref.iid : iid;
    if (objref.form === "custom") return this.#unmarshalCustom(wanted, objref);
    const { exporter, importer } = this.#parts;
    const { std, resolver } = objref;
    if (std.oxid === exporter.oxid) return this.#comeHome(wanted, objref);
    const home = importer.exporter(std.oxid, resolver, origin ?? this.#options.origin);
    const object = home.receive(objref.iid, std);
    object.hold(); // in case the pointer cannot be made
    try {
      return proxyPointer(
        object,
        contractOf(wanted, this.#options.contracts),
        object.channel(wanted),
        this.#options.leaks,
      );
    } finally {
      object.unhold();
    }
  }

  takeBack(objrefs: readonly Uint8Array[] | undefined): void {
    if (objrefs !== undefined) for (const objref of objrefs) this.#takeBack(decodeObjref(objref));
  }

  get #parts(): { readonly exporter: ObjectExporter; readonly importer: Importer } {
    if (this.#exporter === undefined || this.#importer === undefined) {
      throw new ComError(HResult.CO_E_NOTINITIALIZED, "the object side is not open yet");
    }
    return { exporter: this.#exporter, importer: this.#importer };
  }

  /** A reference to an object elsewhere: the receiver will call it there, not through us. */
  #passOn(iid: Guid, remote: object, message: PendingMarshal | undefined): Uint8Array {
    if (!(remote instanceof RemoteReference)) {
      throw new ComError(HResult.E_NOTIMPL, "a reference of another kind of remoting cannot be passed on");
    }
    const std = remote.passOn(iid, message);
    return encodeObjref({ form: "standard", iid, std, resolver: remote.exporter.resolver });
  }

  /** An object of this process comes back as itself, and gives up the references that travelled. */
  #comeHome(iid: Guid, objref: Exclude<Objref, CustomObjref>): IUnknown {
    const { exporter } = this.#parts;
    const entry = exporter.find(objref.std);
    try {
      return pointerTo(entry.manager.identity.object, contractOf(iid, this.#options.contracts));
    } finally {
      if (objref.std.publicRefs > 0) exporter.release(objref.std); // also when the object does not have the interface
    }
  }

  #unmarshalCustom(iid: Guid, objref: CustomObjref): IUnknown {
    const unmarshal = this.#options.customUnmarshal?.get(objref.clsid);
    if (unmarshal === undefined) {
      throw new ComError(
        HResult.REGDB_E_CLASSNOTREG,
        `a reference of its own kind needs the class {${objref.clsid}} to be understood`,
      );
    }
    return unmarshal(iid, objref);
  }

  #takeBack(objref: Objref): void {
    if (objref.form === "custom") return;
    const { exporter, importer } = this.#parts;
    const { std, resolver } = objref;
    if (std.oxid === exporter.oxid) {
      exporter.release(std);
    } else if (std.publicRefs > 0) {
      const object = importer.exporter(std.oxid, resolver, this.#options.origin).receive(objref.iid, std);
      object.hold();
      object.unhold();
    }
  }
}

/** Without an IID, the pointer's own interface. */
function defaultIid(pointer: object): Guid {
  const descriptor = (pointer as { $descriptor?: { iid: Guid } }).$descriptor;
  if (descriptor === undefined)
    throw new ComError(HResult.E_INVALIDARG, "an object without an IID cannot be marshaled");
  return descriptor.iid;
}
