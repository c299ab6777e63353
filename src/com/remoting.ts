import type { Guid } from "../base/index.ts";
import type { CallOptions, InterfaceDescriptor, MethodCodec } from "../ndr/index.ts";
import type { ActivationContext } from "./activation-context.ts";
import type { InstanceSource } from "./instance-source.ts";
import type { IMarshal } from "./gen/objidl.ts";
import type { SharedReferences } from "./between-threads/shared-references.ts";
import type { IUnknown } from "./unknown.ts";

/*
 * What com needs from below to reach objects outside the apartment. The dcom layer provides all of it; the tests of com provide it in memory.
 */

/** Carries the calls of one interface of one object to where the object lives (IRpcChannelBuffer's work in one step). */
export interface Channel {
  /** Encodes with `codec`, sends, and answers the decoded result. A failed HRESULT rejects with ComError. */
  invoke(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown>;
  /** The last handle to the object went. */
  close?(): void;
  /** Finds the way to the object, so that it can be called synchronously. Throws E_NOTIMPL where that is impossible. */
  prepare?(): Promise<void>;
  /** As `invoke`, waiting without the event loop. After `prepare`. */
  invokeSynchronously?(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): unknown;
}

/**
 * The client side of one object that lives elsewhere: identity, remote references, channels (the standard identity object of proxies).
 * One per object and apartment; com's proxies hold it.
 */
export interface RemoteObject {
  /** Equal for two references to the same object. */
  readonly identity: string;
  /** The channel to an interface; RemQueryInterface when it is not known yet. Throws E_NOINTERFACE. */
  queryInterface(iid: Guid, options?: CallOptions): Channel | Promise<Channel>;
  /** One more handle of this apartment leads here. */
  hold(): void;
  /** Call options and security of its proxies; absent where there is nothing to set. */
  readonly settings?: ProxySettings | undefined;
  /** One handle less; at zero all remote references go back in one batch. */
  unhold(): void;
}

/** What of a security blanket is to change. */
export interface SecurityWish {
  readonly credentials?: Credentials;
  /** 1 (none) to 6 (privacy). */
  readonly authenticationLevel?: number;
  /** 1 (anonymous) to 4 (delegate). */
  readonly impersonationLevel?: number;
}

/** How the calls of an interface are secured. */
export interface SecurityBlanket {
  /** RPC_C_AUTHN: 0 none, 10 NTLM, 9 negotiate. */
  readonly authenticationService: number;
  readonly authenticationLevel: number;
  readonly impersonationLevel: number;
  readonly principal?: string;
}

/** What can be set for the proxies of one object (IRpcOptions, IClientSecurity). */
export interface ProxySettings {
  /** Milliseconds for calls without a timeout of their own. */
  timeout: number | undefined;
  /** 0 this process, 1 this machine, 2 another. */
  readonly locality: 0 | 1 | 2;
  blanket(proxy: IUnknown): SecurityBlanket;
  setBlanket(proxy: IUnknown, wish: SecurityWish): Promise<void>;
  /** Another pointer to the same interface, with a blanket of its own; the caller owns it. */
  copy(proxy: IUnknown): IUnknown;
  /** Standard marshaling of the object, with the methods of IMarshal. */
  readonly marshal: object;
}

/**
 * The server side of one interface of one object (an interface stub), ready to be called by number. Com provides it.
 *
 * Who owns what: pointers unmarshaled for a request's arguments are the channel's; it releases them when the method's result has settled (an
 * implementation that keeps one takes a reference of its own). Pointers in the result are given away: the channel releases them once they are
 * marshaled. Implementation objects in either place need no release. The result may carry a success code: `splitStatus`.
 */
export interface InterfaceStub {
  readonly descriptor: InterfaceDescriptor;
  /** The codec of an opnum; undefined for one out of range or local. */
  codec(opnum: number): MethodCodec | undefined;
  /** Calls the implementation; a value or a promise. Out-of-apartment callers go through `ObjectIdentity.apartment`. */
  invoke(opnum: number, args: readonly unknown[]): unknown;
  /** Whether a method answers promises: it is an async function, or answered one before (`noteLater`). */
  answersLater?(opnum: number): boolean;
  noteLater?(opnum: number): void;
  /** Nobody outside holds the interface any more (IRpcStubBuffer::Disconnect). */
  disconnect?(): void;
}

/** Where objects live; calls from outside enter through it. */
export interface Apartment {
  readonly id: string;
  readonly kind: "single" | "multi" | "neutral" | "main";
  /** Says in a DataCloneError why a pointer cannot be posted to another thread. */
  readonly mayNotBePosted?: () => string;
  /** Runs a call inside the apartment: at once where the rules allow, else queued. Throws where a limit or a message filter refuses. */
  enter<T>(causality: Guid | undefined, run: () => T, entry?: IncomingEntry): T | Promise<T>;
}

/** What a message filter is told of a call from outside. */
export interface IncomingEntry {
  /** Who calls, for people. */
  readonly caller: string;
  readonly object: object;
  readonly iid: Guid;
  /** The opnum. */
  readonly method: number;
}

/** Puts in-process classes into the apartments they must live in. */
export interface ApartmentPlacer {
  /** Makes the object in the apartment that its class's ThreadingModel asks for; undefined when that is the caller's own. */
  place(
    request: ActivationRequest,
    threadingModel: string | undefined,
  ): Promise<readonly ActivationResult[]> | undefined;
}

/** One implementation object: its interfaces and its count of references. Com provides it (`identityOf(object)`). */
export interface ObjectIdentity {
  readonly object: object;
  readonly apartment: Apartment;
  /** The stub of an interface, or undefined when the object does not have it. */
  queryInterface(iid: Guid): InterfaceStub | undefined;
  addRef(): number;
  /** Somebody outside the apartment holds the object, or nobody any more: its server is needed meanwhile. */
  heldOutside(held: boolean): void;
  /** At zero the object's `finalRelease` (or `Symbol.dispose`) runs. */
  release(): number;
}

export interface MarshalOptions {
  /** MSHCTX: how far the reference will travel. Default: another machine. */
  readonly destination?: "inproc" | "local" | "machine";
  /** MSHLFLAGS. Default: normal (the references go to the one that unmarshals). */
  readonly kind?: "normal" | "tableStrong" | "tableWeak";
  /** SORF_NOPING: the client sends no pings and the server counts no absence. */
  readonly noPing?: boolean;
  /** The receiver is of a version before 5.6, which knows no handler and no extended references ([MS-DCOM] 2.2.11): a standard one is made. */
  readonly plain?: boolean;
  /** A marshaled envoy context to send along, which makes the reference an extended one ([MS-DCOM] 2.2.18.7). Not with a handler. */
  readonly envoy?: { readonly id: Guid; readonly data: Uint8Array };
}

/** Where the object behind a proxy is (ServerInformation, and what Windows keeps in its addresses). */
export interface ProxyTarget {
  /** The server's process, when it is one of this machine and still there. */
  readonly processId: number | undefined;
  /** True for a process of this machine. */
  readonly local: boolean;
  /** Where the machine's resolver is, the first choice first: `host[port]`. */
  readonly machine: readonly string[];
  /** The exporter, the object in it, and this interface of it ([MS-DCOM] 1.3.6): together the address of the object. */
  readonly oxid: bigint;
  readonly oid: bigint;
  readonly ipid: Guid;
}

/** OBJREF out and in (CoMarshalInterface, CoUnmarshalInterface). */
export interface Marshaler {
  /** The OBJREF of an object of this process or of a proxy; takes references for the receiver. */
  marshalInterface(iid: Guid, pointer: object, options?: MarshalOptions): Uint8Array;
  /** The pointer an OBJREF stands for; the caller owns it. An object of this process comes back as itself. */
  unmarshalInterface(iid: Guid, objref: Uint8Array): IUnknown;
  /** As `marshalInterface`, but waits where a remote object must be asked for a reference first, or an object takes its time to marshal itself. */
  marshalWhenReady(iid: Guid, pointer: object, options?: MarshalOptions): Promise<Uint8Array>;
  /** As `unmarshalInterface`, but waits where the code of a class has to be loaded first: what comes is the object, not a pointer that waits for it. */
  unmarshalWhenReady(iid: Guid, objref: Uint8Array): Promise<IUnknown>;
  /** Standard marshaling as an object of its own (CoGetStandardMarshal), for `object`, or for whatever is handed to it. The caller owns the pointer. */
  getStandardMarshal(object?: object): IMarshal;
  /**
   * The standard marshaler of an object here (`StdMarshal.SERVER`), or the manager of the proxies behind a handler (`StdMarshal.HANDLER`), as a
   * non-delegating IUnknown for `outer` to aggregate (CoGetStdMarshalEx). The caller owns the pointer.
   */
  getStdMarshalEx(outer: object, flags: number): IUnknown;
  /** Gives back what an OBJREF holds without unmarshaling it (CoReleaseMarshalData). */
  releaseMarshalData(objref: Uint8Array): Promise<void>;
  /** Cuts every outside reference to an object (CoDisconnectObject). */
  disconnectObject(object: object): void;
  /** Cuts every outside reference to every object of this apartment (CoDisconnectContext); calls that are under way end as they would have. */
  disconnectContext(): void;
  /** Which object a proxy leads to, and where that is (CoDecodeProxy). Throws E_INVALIDARG for an object of this apartment. */
  decodeProxy(proxy: object): Promise<ProxyTarget>;
  /**
   * Holds an object of this process as a strong reference from outside would, or lets it go (CoLockObjectExternal). With the last unlock, and no strong
   * reference left outside, weak ones are cut unless `lastUnlockReleases` is false. Throws E_UNEXPECTED for an unlock too many.
   */
  lockObjectExternal(object: object, lock: boolean, lastUnlockReleases?: boolean): void;
  /** Whether a pointer leads to its object: false for a handler that is not connected (CoIsHandlerConnected). */
  isHandlerConnected(pointer: object): boolean;
}

/** Who to be when calling (COAUTHIDENTITY and the authentication part of COAUTHINFO). */
export interface Credentials {
  readonly user: string;
  readonly password?: string;
  readonly domain?: string;
}

/** Which machine, as whom, how well protected (COSERVERINFO). */
export interface ServerInfo {
  /** Host name or address, with `[port]` when its SCM does not listen on 135. Absent: this machine. */
  readonly machine?: string;
  readonly credentials?: Credentials;
  /** Authentication level 1 to 6; default privacy. */
  readonly authenticationLevel?: number;
  readonly impersonationLevel?: number;
}

export interface ActivationRequest {
  readonly clsid: Guid;
  readonly iids: readonly Guid[];
  /** CLSCTX bits that are wanted. */
  readonly context: number;
  readonly server: ServerInfo;
  /** True: the class object (RemoteGetClassObject); false: an instance (RemoteCreateInstance). */
  readonly classObject: boolean;
  /** What the instance is loaded from before it is handed out. */
  readonly source?: InstanceSource;
  /** Classes of manifests, which come before the registry's. */
  readonly manifests?: readonly ActivationContext[];
  /** The module that serves the class, when a manifest named it: it goes along to another apartment, where there is no manifest. */
  readonly module?: string;
  /** What that manifest says of the class's apartment. */
  readonly threadingModel?: string | undefined;
  readonly options?: CallOptions;
  /** The apartment has been chosen: it is the caller's. */
  readonly placed?: boolean;
}

/** One entry per IID asked for (MULTI_QI). */
export interface ActivationResult {
  readonly iid: Guid;
  readonly hresult: number;
  /** Owned by the caller; present when `hresult` is a success. */
  readonly pointer?: IUnknown;
}

/** Makes objects somewhere else. */
export interface ActivationTarget {
  activate(request: ActivationRequest): Promise<readonly ActivationResult[]>;
}

/** Activation beyond this process: the service control manager of this machine or another. */
export interface Activator extends ActivationTarget {
  /** Tells the SCM that this process serves a class; dispose revokes. Single: one activation, then hidden. */
  registerClassObject(clsid: Guid, factory: object, use: ClassObjectUse): Promise<AsyncDisposable>;
  /** Opens everything that was registered suspended, in one go. */
  resumeClassObjects(): Promise<void>;
  /** Forgets where the processes of a machine are and what it understands: asked anew when next needed. */
  forgetMachine?(machine: string): void;
}

export interface ClassObjectUse {
  readonly uses: "single" | "multiple" | "multiSeparate" | "surrogate";
  /** REGCLS_SUSPENDED. */
  readonly suspended: boolean;
}

/** An object with a name that others may find: one line of the Running Object Table. */
export interface RunningEntry {
  /** What the name is compared by: at most 2,048 bytes. */
  readonly key: Uint8Array;
  /** The name for people. */
  readonly name: string;
  /** The moniker as OleSaveToStream writes it; absent for one that cannot be saved. */
  readonly saved?: Uint8Array;
  /** When the object changed last, a FILETIME number. */
  readonly changed: bigint;
  /** ROTFLAGS_ALLOWANYCLIENT. */
  readonly anyClient: boolean;
  /** The object, lent; undefined when it has gone. Asked each time somebody finds it. */
  object(): object | undefined;
  /** The moniker, lent. */
  moniker(): object;
}

/** A line while it stands there. */
export interface RunningRegistration {
  /** True when another object had the same name already. */
  readonly duplicate: boolean;
  note(changed: bigint): Promise<void>;
  revoke(): Promise<void>;
}

/** A line as others see it. */
export interface RunningName {
  readonly name: string;
  readonly saved: Uint8Array | undefined;
  /** The moniker from the process that registered it; undefined when that is gone. The caller owns the pointer. */
  moniker(): Promise<IUnknown | undefined>;
}

/** The Running Object Table that the processes of one machine share. */
export interface RunningObjects {
  /** Throws E_INVALIDARG for a key that is too long, E_OUTOFMEMORY when the process has too many, CO_E_WRONG_SERVER_IDENTITY for `anyClient`. */
  register(entry: RunningEntry): Promise<RunningRegistration>;
  isRunning(key: Uint8Array): Promise<boolean>;
  /** The object that was registered first and is still there; the caller owns the pointer. */
  object(key: Uint8Array): Promise<IUnknown | undefined>;
  changed(key: Uint8Array): Promise<bigint | undefined>;
  all(): Promise<readonly RunningName[]>;
}

/** Everything below com, in one piece: handed to the Runtime when it opens. */
export interface Remoting extends AsyncDisposable {
  /** Names of running objects; without it a runtime knows those of its own process. */
  readonly running?: RunningObjects;
  readonly marshaler: Marshaler;
  readonly activator: Activator;
  /** Absent: every in-process class lives in the caller's apartment. */
  readonly placer?: ApartmentPlacer | undefined;
  /** Absent: there is no global interface table. */
  readonly sharedReferences?: SharedReferences | undefined;
}
