import { actingCaller } from "../../../com/index.ts";
import type { Duplex } from "node:stream";
import { ComError, HResult, type Logger } from "../../../base/index.ts";
import type { DualStringArray } from "../../dual-string-array.ts";
import type {
  ClassRegistration,
  ExporterCalls,
  ExporterRegistration,
  ExporterSession,
  MachineResolver,
  Oid,
  Oxid,
  ResolvedOxid,
  RunningLines,
} from "../../resolver-contract.ts";
import type { TraceEvent, TraceRequest } from "../../observe/event-trace.ts";
import type { MachineSnapshot } from "../snapshot.ts";
import { formatBytes, formatU64 } from "./fields.ts";
import { LocalLink, type LinkRequestOptions } from "./link.ts";
import {
  type LocalActivated,
  type LocalActivation,
  batchesOf,
  readActivated,
  readActivation,
  readBindings,
  readResolved,
  readTrace,
  readTraceRequest,
  writeActivated,
  writeBindings,
  writeRegistration,
  writeSource,
  writeStatus,
  writeTrace,
  writeTraceRequest,
} from "./messages.ts";
import { type ListedRunning, readListed, writeRunningLine } from "./running-messages.ts";
import { readSnapshot } from "./snapshot-message.ts";

/** A machine's place in the network. */
export interface MachineNetwork {
  /** Addresses its SCM listens on; its other processes should, too. Empty: it cannot be reached from outside. */
  readonly listening: readonly string[];
  readonly resolver: DualStringArray;
}

/** This process's connection to the service control manager of its machine. */
export class ScmClient implements MachineResolver, AsyncDisposable {
  readonly #link: LocalLink;
  /** Resolves when the connection is lost or closed. */
  readonly closed: Promise<void>;
  #calls: ExporterCalls | undefined;

  constructor(socket: Duplex, logger?: Logger) {
    let end = (): void => undefined;
    this.closed = new Promise((resolve) => (end = resolve));
    this.#link = new LocalLink(socket, {
      ...(logger === undefined ? {} : { logger }),
      onClose: () => end(),
      handlers: {
        rundown: (params) => this.#exporter().rundown(params.u64s("oids")),
        activate: async (params) => writeActivated(await this.#exporter().activate(readActivation(params))),
        describe: async () => writeStatus(await this.#exporter().describe()),
        trace: async (params) => writeTrace(await this.#exporter().trace(readTraceRequest(params))),
        shutdown: (params) => this.#exporter().shutdown(params.number("milliseconds")),
        running: async (params) => {
          const what = params.text("what") === "moniker" ? "moniker" : "object";
          const objref = await this.#exporter().running?.(params.number("line"), what);
          return { objref: objref && formatBytes(objref) };
        },
      },
    });
  }

  get connected(): boolean {
    return !this.#link.closed;
  }

  /** Joins the machine as a process with objects; once per connection. */
  async join(registration: ExporterRegistration, exporter: ExporterCalls): Promise<ExporterSession> {
    if (this.#calls !== undefined)
      throw new ComError(HResult.CO_E_ALREADYINITIALIZED, "the process has joined before");
    this.#calls = exporter;
    try {
      const answer = await this.#link.request("join", writeRegistration(registration));
      return new LinkSession(this.#link, this.closed, () => (this.#calls = undefined), {
        oxid: answer.u64("oxid"),
        oidPrefix: answer.number("oidPrefix"),
        resolverBindings: readBindings(answer.record("resolver")),
        pingPeriod: answer.number("pingPeriod"),
      });
    } catch (error) {
      this.#calls = undefined;
      throw error;
    }
  }

  /** A class object or an instance from a server of this machine, launched when needed. The references in the OBJREFs are the caller's. */
  async activate(request: LocalActivation, options: LinkRequestOptions = {}): Promise<LocalActivated> {
    const { source, ...rest } = request;
    const params = source === undefined ? rest : { ...rest, source: writeSource(source) };
    const answer = await this.#link.request("activate", params, options);
    const machine = answer.optionalText("machine");
    if (machine !== undefined) return { machine };
    return {
      ...readActivated(answer),
      oxid: answer.u64("oxid"),
      exporter: readResolved(answer.record("exporter")),
    };
  }

  /** The trace of one of the machine's processes (an OXID names it); see {@link TraceRequest}. */
  async trace(oxid: Oxid, request: TraceRequest, options: LinkRequestOptions = {}): Promise<TraceEvent[]> {
    const params = { oxid: formatU64(oxid), ...writeTraceRequest(request) };
    return readTrace(await this.#link.request("trace", params, options));
  }

  /** Where the machine listens for others, and what they call it. */
  async network(options: LinkRequestOptions = {}): Promise<MachineNetwork> {
    const answer = await this.#link.request("network", {}, options);
    return { listening: answer.texts("listening"), resolver: readBindings(answer.record("resolver")) };
  }

  /** The machine at this moment. */
  async snapshot(options: LinkRequestOptions = {}): Promise<MachineSnapshot> {
    return readSnapshot(await this.#link.request("snapshot", {}, options));
  }

  /** When the object that runs under a name changed last; undefined when none does. */
  async runningChanged(key: Uint8Array, options: LinkRequestOptions = {}): Promise<bigint | undefined> {
    const answer = await this.#link.request(
      "runningChanged",
      { key: formatBytes(key), ...forAnybody() },
      options,
    );
    return answer.raw("changed") === undefined ? undefined : answer.u64("changed");
  }

  /** A reference to the object that runs under a name; undefined when none does. Its references are the caller's. */
  async runningObject(key: Uint8Array, options: LinkRequestOptions = {}): Promise<Uint8Array | undefined> {
    const answer = await this.#link.request(
      "runningObject",
      { key: formatBytes(key), ...forAnybody() },
      options,
    );
    return answer.optionalBytes("objref");
  }

  /** A reference to the moniker of a line of the Running Object Table. */
  async runningMoniker(id: number, options: LinkRequestOptions = {}): Promise<Uint8Array | undefined> {
    return (await this.#link.request("runningMoniker", { id, ...forAnybody() }, options)).optionalBytes(
      "objref",
    );
  }

  /** The Running Object Table. */
  async runningList(options: LinkRequestOptions = {}): Promise<readonly ListedRunning[]> {
    const list: ListedRunning[] = [];
    for (let after = 0; ; after = list.at(-1)?.id ?? after) {
      const part = await this.#link.request("runningList", { after, ...forAnybody() }, options);
      list.push(...readListed(part));
      if (!part.flag("more")) return list;
    }
  }

  /** Asks the SCM to end in favour of another one; resolves once it has let go of the home. Throws ERROR_ALREADY_EXISTS when it stays. */
  async giveWay(): Promise<void> {
    await this.#link.request("giveWay", {});
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.close();
  }

  #exporter(): ExporterCalls {
    if (this.#calls === undefined)
      throw new ComError(HResult.CO_E_NOTINITIALIZED, "the process has not joined");
    return this.#calls;
  }
}

interface Standing {
  readonly oxid: Oxid;
  readonly oidPrefix: number;
  readonly resolverBindings: DualStringArray;
  readonly pingPeriod: number;
}

class LinkSession implements ExporterSession {
  readonly oxid: Oxid;
  readonly oidPrefix: number;
  readonly resolverBindings: DualStringArray;
  readonly pingPeriod: number;
  readonly closed: Promise<void>;
  readonly #link: LocalLink;
  readonly #left: () => void;

  constructor(link: LocalLink, closed: Promise<void>, left: () => void, standing: Standing) {
    this.#link = link;
    this.#left = left;
    this.closed = closed;
    this.oxid = standing.oxid;
    this.oidPrefix = standing.oidPrefix;
    this.resolverBindings = standing.resolverBindings;
    this.pingPeriod = standing.pingPeriod;
  }

  exported(oids: readonly Oid[], within?: number): void {
    for (const batch of batchesOf(oids)) this.#link.notify("exported", { oids: batch, within });
  }

  withdrawn(oids: readonly Oid[]): void {
    for (const batch of batchesOf(oids)) this.#link.notify("withdrawn", { oids: batch });
  }

  references(resolver: DualStringArray, added: readonly Oid[], dropped: readonly Oid[]): void {
    const machine = writeBindings(resolver);
    for (const batch of batchesOf(added))
      this.#link.notify("references", { resolver: machine, added: batch, dropped: [] });
    for (const batch of batchesOf(dropped))
      this.#link.notify("references", { resolver: machine, added: [], dropped: batch });
  }

  async resolve(oxid: Oxid): Promise<ResolvedOxid | undefined> {
    const answer = await this.#link.request("resolve", { oxid: formatU64(oxid) });
    return answer.raw("found") === undefined ? undefined : readResolved(answer.record("found"));
  }

  async registerClass(registration: ClassRegistration): Promise<number> {
    return (await this.#link.request("registerClass", registration)).number("cookie");
  }

  async revokeClass(cookie: number): Promise<void> {
    await this.#link.request("revokeClass", { cookie });
  }

  async resumeClasses(): Promise<void> {
    await this.#link.request("resumeClasses", {});
  }

  readonly running: RunningLines = {
    register: async (line) =>
      (await this.#link.request("runningRegister", writeRunningLine(line))).flag("duplicate"),
    note: async (line, changed) => {
      await this.#link.request("runningNote", { line, changed: formatU64(changed) });
    },
    revoke: async (line) => {
      await this.#link.request("runningRevoke", { line });
    },
  };

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#link.closed) await this.#link.request("leave", {}).catch(() => undefined); // gone is gone
    this.#left();
  }
}

/** A client that is impersonated finds what any client may find. */
function forAnybody(): { readonly forAnybody?: true } {
  return actingCaller().local ? {} : { forAnybody: true };
}
