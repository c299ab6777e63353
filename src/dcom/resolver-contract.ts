import type { Guid } from "../base/index.ts";
import type { Apartment } from "../com/index.ts";
import type { ComVersion } from "./com-version.ts";
import type { DualStringArray } from "./dual-string-array.ts";
import type { TraceEvent, TraceRequest } from "./observe/event-trace.ts";

/*
 * What a process with objects (an object exporter) and the resolver of its machine (in the SCM) tell each other.
 *
 * The SCM provides `MachineResolver`: over a Unix socket in COMITY_HOME (mode 0600) to every process of the machine, or directly when one process
 * holds the SCM inside itself. All values are plain data (bigint, strings, bytes), so that a transport can carry them. Everything that arrives
 * here came from a process of the same user or from the SCM; the OBJREFs and OIDs in it came from the network and are checked where they are used.
 */

/** An object exporter identifier: one per process that exports objects ([MS-DCOM] 2.2.18.2). */
export type Oxid = bigint;

/** An object identifier: one per exported object, unique on its machine for all time ([MS-DCOM] 2.2.18.2). */
export type Oid = bigint;

/** What a process says about itself when it joins its machine. */
export interface ExporterRegistration {
  /** The process, for `comity ps`, for access checks and for the end of launched servers. */
  readonly pid: number;
  /** What a person calls it: script or AppID name. */
  readonly name: string;
  /** Where its ORPC calls arrive: TCP as `address[port]`, local as a Unix socket path (tower 0x10). Security bindings included. */
  readonly bindings: DualStringArray;
  /** The IPID of its IRemUnknown2. */
  readonly ipidRemUnknown: Guid;
  /** RPC_C_AUTHN_LEVEL_* a client should use when nothing else tells it (authnHint of ResolveOxid). */
  readonly authenticationHint: number;
  readonly version: ComVersion;
  /** The token the SCM gave when it launched this process (COMITY_LAUNCH); absent for a process it did not launch. */
  readonly launchToken?: string;
  /** What the process was given before the SCM died: joining again it keeps both, so that references to it stay good. */
  readonly resume?: { readonly oxid: Oxid; readonly oidPrefix: number };
}

/** The resolver of this machine, seen from a process. */
export interface MachineResolver {
  /**
   * Joins the machine. The session lives until it is disposed or its connection is lost; then the SCM forgets the OXID, revokes the classes
   * and drops what the process held on other machines. Rejects when no SCM answers.
   */
  join(registration: ExporterRegistration, exporter: ExporterCalls): Promise<ExporterSession>;
}

/** One process's standing with the resolver of its machine. */
export interface ExporterSession extends AsyncDisposable {
  readonly oxid: Oxid;
  /**
   * The upper 32 bits of every OID this process gives out; the lower 32 bits it counts itself. So the resolver finds the exporter of any OID that is
   * pinged without having been told of each. The SCM never gives the same prefix twice (random, remembered).
   */
  readonly oidPrefix: number;
  /** Where this machine's resolver answers: goes into the OBJREFs this process writes (saResAddr). */
  readonly resolverBindings: DualStringArray;
  /** Milliseconds between pings (default 120,000; a setting). Three missed periods release. */
  readonly pingPeriod: number;
  /** Resolves when the SCM is gone (its process died). The exporter then joins again with what it has. */
  readonly closed: Promise<void>;

  /**
   * These objects have references outside the process. From now on each must be in a ping set within three periods, or it is rundown.
   * Told late and in batches (well within one period), so that short-lived references cost nothing. `within`: milliseconds instead of three
   * periods, after a rundown of an object that was called since.
   */
  exported(oids: readonly Oid[], within?: number): void;
  /** These objects have no references outside any more: forget them. */
  withdrawn(oids: readonly Oid[]): void;

  /**
   * This process holds (or no longer holds) references to objects of the machine whose resolver answers at `resolver`. The SCM pings for all its
   * processes: one ping set per machine pair. For this machine's own objects no ping travels; the process itself is the ping set.
   */
  references(resolver: DualStringArray, added: readonly Oid[], dropped: readonly Oid[]): void;

  /** Where an OXID of this machine is; undefined when unknown. (For others a process asks their resolvers itself.) */
  resolve(oxid: Oxid): Promise<ResolvedOxid | undefined>;

  /** This process serves a class from now on. Answers a cookie for `revokeClass`. */
  registerClass(registration: ClassRegistration): Promise<number>;
  revokeClass(cookie: number): Promise<void>;
  /** CoResumeClassObjects: all suspended registrations of the process become visible at once. */
  resumeClasses(): Promise<void>;

  /** The process's lines of the Running Object Table; absent where there is none. */
  readonly running?: RunningLines;
}

/** A line of the machine's Running Object Table, told to the SCM. */
export interface RunningLine {
  /** The process's own number for it. */
  readonly line: number;
  /** What names are compared by; at most 2,048 bytes. */
  readonly key: Uint8Array;
  /** The name for people. */
  readonly name: string;
  /** The moniker as OleSaveToStream writes it, where it can be saved. */
  readonly saved?: Uint8Array;
  /** When the object changed last, a FILETIME number. */
  readonly changed: bigint;
  /** ROTFLAGS_ALLOWANYCLIENT. */
  readonly anyClient: boolean;
}

/** One process's lines of the Running Object Table. */
export interface RunningLines {
  /** Answers whether the name was there already. */
  register(line: RunningLine): Promise<boolean>;
  note(line: number, changed: bigint): Promise<void>;
  revoke(line: number): Promise<void>;
}

/** What a process is asked for one of its lines. */
export type RunningWhat = "object" | "moniker";

/** Where an exporter is (the reply of ResolveOxid2). */
export interface ResolvedOxid {
  readonly bindings: DualStringArray;
  readonly ipidRemUnknown: Guid;
  readonly authenticationHint: number;
  readonly version: ComVersion;
}

/** CoRegisterClassObject, told to the SCM. */
export interface ClassRegistration {
  readonly clsid: Guid;
  /** Single: hidden after one activation; the next launches another server. */
  readonly uses: "single" | "multiple" | "multiSeparate" | "surrogate";
  /** REGCLS_SUSPENDED: invisible until `resumeClasses`. */
  readonly suspended: boolean;
}

/** What the SCM asks of a process. */
export interface ExporterCalls {
  /** Nobody has pinged these objects for three periods: every outside reference to them is released. */
  rundown(oids: readonly Oid[]): void;
  /** A class object or a new instance, marshaled for the one who asked. Rejects with ComError (CO_E_SERVER_STOPPING: launch another). */
  activate(request: ExporterActivation): Promise<ExporterActivated>;
  /** For `comity ps`. */
  describe(): Promise<ExporterStatus>;
  /** For `comity trace`. */
  trace(request: TraceRequest): Promise<readonly TraceEvent[]>;
  /** Please end: no new activations, close when the last reference goes, or within `milliseconds`. */
  shutdown(milliseconds: number): void;
  /** The object or the moniker of a line of the Running Object Table, marshaled for a process of this machine. Rejects with MK_E_UNAVAILABLE when it has gone. */
  running?(line: number, what: RunningWhat, timeout?: number): Promise<Uint8Array>;
}

/** An activation the SCM passes on after its own checks (launch and activation permission). */
export interface ExporterActivation {
  readonly clsid: Guid;
  readonly iids: readonly Guid[];
  /** True: the class object; false: a new instance. */
  readonly classObject: boolean;
  /** Where the references will travel: decides which bindings stand in the OBJREFs. */
  readonly destination: "local" | "machine";
  /** Who asks, as authenticated by the SCM. */
  readonly caller: ActivationCaller;
  /** What the new instance is loaded from before it is marshaled. */
  readonly source?: ActivationSource;
}

/** A file by name, or a marshaled IStorage (InstanceInfoData, [MS-DCOM] 2.2.22.2.3). */
export type ActivationSource =
  | { readonly file: { readonly name: string; readonly mode: number } }
  | { readonly storage: Uint8Array };

interface ActivationCaller {
  /** `DOMAIN\user`, or undefined for an anonymous or local caller. */
  readonly account: string | undefined;
  /** The level the activation came in with (1 to 6). */
  readonly authenticationLevel: number;
  /** The caller's process when it is on this machine. */
  readonly pid?: number;
}

/** One entry per IID asked for, in the same order. */
export interface ExporterActivated {
  readonly interfaces: readonly ActivatedInterface[];
  /** The OBJREF of the process's ILocalActivator, for callers of this machine. */
  readonly activator?: Uint8Array;
}

export interface ActivatedInterface {
  readonly iid: Guid;
  readonly hresult: number;
  /** A whole OBJREF (any of the four forms), with references taken for the receiver; present when `hresult` is a success. */
  readonly objref?: Uint8Array;
}

/** A process's own account of itself. */
export interface ExporterStatus {
  /** The apartment of the thread, and the thread's number in its process: 0 for the first one. */
  readonly apartment: { readonly kind: Apartment["kind"]; readonly thread: number };
  readonly objects: readonly ExportedObject[];
  /** Connections that calls come in on. */
  readonly connections: number;
  readonly calls: number;
}

export interface ExportedObject {
  readonly oid: Oid;
  readonly interfaces: readonly ExportedInterface[];
  /** Outside references, public and private. */
  readonly references: number;
  /** What it is, for a person: the implementing class's name. */
  readonly name: string;
  /** It lives in the neutral apartment of its thread. */
  readonly neutral: boolean;
}

interface ExportedInterface {
  /** Its name, or IID. */
  readonly name: string;
  /** References that clients hold, public and private. */
  readonly references: number;
  /** Table-marshaled ones, strong and weak. */
  readonly tables: number;
}
