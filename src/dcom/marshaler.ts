import { ComError, type Guid, GUID_NULL, HResult } from "../base/index.ts";
import { IMarshal } from "../com/gen/objidl.ts";
import {
  type ContractSource,
  DeferredObject,
  type IUnknown,
  type LeakDetector,
  type MarshalOptions,
  type Marshaler,
  type ProxyTarget,
  ProxyStubs,
  type ReferenceClasses,
  StandardHandler,
  StdMarshal,
  contractOf,
  controllingIdentity,
  findProxyManager,
  identityOf,
  innerUnknown,
  pointerTo,
  proxyManagerOf,
  proxyPointer,
  remoteObjectOf,
} from "../com/index.ts";
import type { Importer } from "./client/importer.ts";
import { RemoteReference } from "./client/remote-object.ts";
import type { ObjectExporter } from "./exporter/exporter.ts";
import type { Oxid } from "./resolver-contract.ts";
import { CustomMarshaler } from "./custom-marshal.ts";
import { Handlers } from "./handlers.ts";
import type { Marshaling, Origin, PendingMarshal } from "./marshaling.ts";
import { type CustomObjref, type Objref, decodeObjref, encodeObjref } from "./objref.ts";
import type { CallObserver } from "./observe/observer.ts";
import type { ChannelHook } from "./orpc/hooks.ts";
import { StandardMarshal } from "./standard-marshal.ts";

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
  readonly observers?: readonly CallObserver[] | undefined;
  readonly customMarshal?: CustomMarshal | undefined;
  readonly customUnmarshal?: ReadonlyMap<Guid, CustomUnmarshal> | undefined;
  readonly leaks?: LeakDetector | undefined;
  /** Finds the classes that custom and handler references name. Default: none. */
  readonly classes?: ReferenceClasses | undefined;
  readonly processOf?: ((oxid: Oxid) => Promise<number | undefined>) | undefined;
  /** Contracts the program has no generated code for. */
  readonly contracts?: Pick<ContractSource, "contractOf"> | undefined;
}

/** Interface pointers to OBJREFs and back ([MS-DCOM] 3.1.1.5.1, 3.2.4.4; CoMarshalInterface and its kin). */
export class ObjectMarshaler implements Marshaler, Marshaling {
  readonly proxyStubs: ProxyStubs | undefined;
  hooks: readonly ChannelHook[];
  readonly observers: CallObserver[];
  readonly #options: MarshalerOptions;
  readonly #custom: CustomMarshaler;
  readonly #handlers: Handlers;
  /** Where the reference came from that is being read by its class: what stands within it came from there, too. */
  #nested: Origin | undefined;
  #exporter: ObjectExporter | undefined;
  #importer: Importer | undefined;

  constructor(options: MarshalerOptions) {
    this.#options = options;
    this.hooks = options.hooks;
    this.proxyStubs = options.classes === undefined ? undefined : new ProxyStubs(options.classes);
    this.#custom = new CustomMarshaler(options.classes, options.leaks);
    this.#handlers = new Handlers(options.classes, options.contracts, options.leaks);
    this.observers = [...(options.observers ?? [])];
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
    return this.unmarshal(iid, objref, this.#nested);
  }

  /** As `unmarshalInterface`, but waits where the code of a class has to be loaded first: what comes is the object, not a pointer that waits for it. */
  async unmarshalWhenReady(iid: Guid, objref: Uint8Array, origin?: Origin): Promise<IUnknown> {
    const pointer = this.unmarshal(iid, objref, origin);
    const remote = remoteObjectOf(pointer);
    if (!(remote instanceof DeferredObject)) return pointer;
    const contract = contractOf(iid === GUID_NULL ? decodeObjref(objref).iid : iid, this.#options.contracts);
    try {
      return await (await remote.coming).QueryInterface(contract);
    } finally {
      pointer[Symbol.dispose]();
    }
  }

  /** Standard marshaling as an object of its own (CoGetStandardMarshal), for `object`, or for whatever is handed to it. The caller owns the pointer. */
  getStandardMarshal(object?: object): IMarshal {
    return pointerTo(new StandardMarshal(this, object), IMarshal);
  }

  /**
   * The standard marshaler of an object here (`StdMarshal.SERVER`), or the manager of the proxies behind a handler (`StdMarshal.HANDLER`), as a
   * non-delegating IUnknown for `outer` to aggregate (CoGetStdMarshalEx). The caller owns the pointer.
   */
  getStdMarshalEx(outer: object, flags: number): IUnknown {
    if (flags === StdMarshal.HANDLER) return new StandardHandler(proxyManagerOf(outer));
    if (flags === StdMarshal.SERVER) {
      const identity = controllingIdentity(outer);
      return innerUnknown(identity, new StandardMarshal(this, identity.object));
    }
    throw new ComError(HResult.E_INVALIDARG, "StdMarshal.SERVER or StdMarshal.HANDLER");
  }

  /** A reference to an object of this process by the standard marshaler, whatever the object's own IMarshal says. */
  marshalStandard(
    iid: Guid,
    object: object,
    options: MarshalOptions | undefined,
  ): Uint8Array | Promise<Uint8Array> {
    const remote = remoteObjectOf(object);
    if (remote !== undefined) return whenReady((message) => this.#passOn(iid, remote, options, message));
    const handler = this.#custom.handlerClass(identityOf(object), options);
    return this.#parts.exporter.marshal(iid, object, options, handler);
  }

  /** Standard marshaling of an object elsewhere, for its proxies' IMarshal. To disconnect it is to give back all that is held here. */
  standardMarshal(object: RemoteReference): StandardMarshal {
    return new StandardMarshal(
      {
        marshalStandard: (iid, _, options) =>
          whenReady((message) => this.#passOn(iid, object, options, message)),
        unmarshalInterface: (iid, objref) => this.unmarshalInterface(iid, objref),
        releaseMarshalData: (objref) => this.releaseMarshalData(objref),
        disconnectObject: () => object.abandon(),
      },
      object,
    );
  }

  /** As `marshalInterface`, but waits where a remote object must be asked for a reference first. */
  async marshalWhenReady(iid: Guid, pointer: object, options?: MarshalOptions): Promise<Uint8Array> {
    return whenReady((message) => this.marshal(iid, pointer, options, message));
  }

  async releaseMarshalData(objref: Uint8Array): Promise<void> {
    const decoded = decodeObjref(objref);
    if (decoded.form === "custom") await this.#custom.release(decoded);
    else this.#takeBack(decoded);
    await this.#parts.importer.drain();
  }

  disconnectObject(object: object): void {
    const identity = identityOf(object);
    this.#custom.disconnect(identity);
    this.#parts.exporter.disconnect(identity.object);
  }

  disconnectContext(): void {
    this.#parts.exporter.disconnectAll();
  }

  async decodeProxy(proxy: object): Promise<ProxyTarget> {
    const remote = remoteObjectOf(proxy);
    if (!(remote instanceof RemoteReference))
      throw new ComError(HResult.E_INVALIDARG, "only a pointer to an object elsewhere can be decoded");
    const { oid, exporter } = remote;
    const { oxid, resolver, nearby: local } = exporter;
    const { ipid } = await remote.reference(defaultIid(proxy));
    const neighbour = this.#parts.importer.isNeighbour(oxid) ? process.pid : undefined;
    const processId = neighbour ?? (local ? await this.#options.processOf?.(oxid) : undefined);
    return { processId, local, machine: resolver.strings.map(({ address }) => address), oxid, oid, ipid };
  }

  registerChannelHook(hook: ChannelHook): Disposable {
    if (this.hooks.some(({ id }) => id === hook.id)) {
      throw new ComError(HResult.E_INVALIDARG, `there is a hook for extension {${hook.id}} already`);
    }
    // A list of its own: calls under way keep the one they began with.
    this.hooks = [...this.hooks, hook];
    return {
      [Symbol.dispose]: () => {
        this.hooks = this.hooks.filter((one) => one !== hook);
      },
    };
  }

  lockObjectExternal(object: object, lock: boolean, lastUnlockReleases = true): void {
    const identity = identityOf(object);
    this.#parts.exporter.table.lockExternal(identity, lock, lastUnlockReleases);
  }

  isHandlerConnected(pointer: object): boolean {
    if (remoteObjectOf(pointer) !== undefined) return true;
    return findProxyManager(identityOf(pointer))?.connected ?? true;
  }

  marshal(
    iid: Guid,
    pointer: object,
    options: MarshalOptions | undefined,
    message: PendingMarshal | undefined,
  ): Uint8Array {
    const wanted = iid === GUID_NULL ? defaultIid(pointer) : iid;
    const remote = remoteObjectOf(pointer);
    if (remote instanceof DeferredObject) return this.#marshalDeferred(wanted, remote, options, message);
    if (remote !== undefined) return this.#passOn(wanted, remote, options, message);
    const identity = identityOf(pointer);
    const custom = this.#options.customMarshal?.(wanted, identity.object, options);
    if (custom !== undefined) return encodeObjref({ form: "custom", iid: wanted, ...custom });
    const own = this.#custom.marshal(identity, wanted, options, message);
    if (own !== undefined) return own;
    // Of a handler, the object behind it is what others want.
    const behind = findProxyManager(identity)?.remote;
    if (behind !== undefined) return this.#passOn(wanted, behind, options, message);
    const handler = this.#custom.handlerClass(identity, options);
    return this.#parts.exporter.marshal(wanted, pointer, options, handler);
  }

  unmarshal(iid: Guid, bytes: Uint8Array, origin: Origin | undefined): IUnknown {
    const objref = decodeObjref(bytes);
    const wanted = iid === GUID_NULL ? objref.iid : iid;
    if (objref.form === "custom") return this.#unmarshalCustom(wanted, objref, origin);
    const { exporter, importer } = this.#parts;
    const { std, resolver } = objref;
    if (std.oxid === exporter.oxid) return this.#comeHome(wanted, objref);
    const home = importer.exporter(std.oxid, resolver, origin ?? this.#options.origin);
    const object = home.receive(objref.iid, std);
    object.hold(); // in case the pointer cannot be made
    try {
      if (objref.form === "handler") object.handlerClass ??= objref.clsid;
      const handled = this.#handlers.pointer(object, wanted, object.handlerClass);
      if (handled !== undefined) return handled;
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

  /** The remote object of a table reference, held but not counted: for calls of the protocol's own, which belong to no apartment. */
  hold(bytes: Uint8Array): RemoteReference {
    const objref = decodeObjref(bytes);
    const { exporter, importer } = this.#parts;
    if (objref.form !== "standard" || objref.std.oxid === exporter.oxid)
      throw new ComError(HResult.E_INVALIDARG, "a standard reference to an object elsewhere was expected");
    const home = importer.exporter(objref.std.oxid, objref.resolver, this.#options.origin);
    const object = home.receive(objref.iid, objref.std, false);
    object.hold();
    return object;
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
  #passOn(
    iid: Guid,
    remote: object,
    options: MarshalOptions | undefined,
    message: PendingMarshal | undefined,
  ): Uint8Array {
    if (!(remote instanceof RemoteReference)) {
      throw new ComError(HResult.E_NOTIMPL, "a reference of another kind of remoting cannot be passed on");
    }
    const std = remote.passOn(iid, message, options?.kind);
    if (options?.destination !== "inproc") this.#parts.importer.passedOut(std);
    const { resolver } = remote.exporter;
    const { handlerClass: clsid } = remote;
    if (clsid !== undefined && options?.plain !== true)
      return encodeObjref({ form: "handler", iid, std, clsid, resolver });
    return encodeObjref({ form: "standard", iid, std, resolver });
  }

  /** A pointer that is still coming: what it will lead to is marshaled when it is there. */
  #marshalDeferred(
    iid: Guid,
    deferred: DeferredObject,
    options: MarshalOptions | undefined,
    message: PendingMarshal | undefined,
  ): Uint8Array {
    if (deferred.pointer !== undefined) return this.marshal(iid, deferred.pointer, options, message);
    if (message !== undefined) message.pending = deferred.coming;
    throw new ComError(HResult.RPC_E_CALL_REJECTED, "the object is still being made of its reference");
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

  #unmarshalCustom(iid: Guid, objref: CustomObjref, origin: Origin | undefined): IUnknown {
    const unmarshal = this.#options.customUnmarshal?.get(objref.clsid);
    if (unmarshal !== undefined) return unmarshal(iid, objref);
    const before = this.#nested;
    this.#nested = origin;
    try {
      return this.#custom.unmarshal(iid, objref);
    } finally {
      this.#nested = before;
    }
  }

  #takeBack(objref: Objref): void {
    if (objref.form === "custom") {
      this.#custom.release(objref).catch(() => undefined);
      return;
    }
    const { exporter, importer } = this.#parts;
    const { std, resolver } = objref;
    if (std.oxid === exporter.oxid) {
      exporter.release(std);
    } else if (std.publicRefs === 0) {
      importer.exporter(std.oxid, resolver, this.#options.origin).find(std.oid)?.releaseTable();
    } else {
      const object = importer.exporter(std.oxid, resolver, this.#options.origin).receive(objref.iid, std);
      object.hold();
      object.unhold();
    }
  }
}

/** Does what may have to wait for an answer from elsewhere, again after each one. */
function whenReady(work: (message: PendingMarshal) => Uint8Array): Uint8Array | Promise<Uint8Array> {
  const message: PendingMarshal = { pending: undefined };
  try {
    return work(message);
  } catch (error) {
    if (message.pending === undefined) throw error;
    return message.pending.then(() => whenReady(work));
  }
}

/** Without an IID, the pointer's own interface. */
function defaultIid(pointer: object): Guid {
  const descriptor = (pointer as { $descriptor?: { iid: Guid } }).$descriptor;
  if (descriptor === undefined)
    throw new ComError(HResult.E_INVALIDARG, "an object without an IID cannot be marshaled");
  return descriptor.iid;
}
