import type { Duplex } from "node:stream";
import { ComError, HResult, type Logger } from "../../../base/index.ts";
import type { ExporterCalls } from "../../resolver-contract.ts";
import { type Machine, type MachineSession, resolved } from "../machine.ts";
import { type Fields, formatBytes, formatU64 } from "./fields.ts";
import { LocalLink } from "./link.ts";
import {
  batchesOf,
  readActivated,
  readBindings,
  readClient,
  readRegistration,
  readSource,
  readStatus,
  readTrace,
  readTraceRequest,
  readUses,
  writeActivated,
  writeActivation,
  writeBindings,
  writeResolved,
  writeTrace,
  writeTraceRequest,
} from "./messages.ts";
import { readRunningLine, writeListed } from "./running-messages.ts";
import { writeSnapshot } from "./snapshot-message.ts";

/** Serves one local connection: a process that may join, activate, and look. Its end is the end of the process's session. */
export function serveLocal(machine: Machine, socket: Duplex, logger: Logger): LocalLink {
  const connection = new LocalConnection(machine);
  const link = new LocalLink(socket, {
    handlers: connection.handlers,
    logger,
    onClose: () => connection.ended(),
  });
  connection.link = link;
  return link;
}

class LocalConnection {
  readonly #machine: Machine;
  link: LocalLink | undefined;
  #session: MachineSession | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  readonly handlers: Readonly<Record<string, (params: Fields) => unknown>> = {
    join: (params) => this.#join(params),
    leave: () => this.ended(),
    exported: (params) => this.#joined().exported(params.u64s("oids"), params.optionalNumber("within")),
    withdrawn: (params) => this.#joined().withdrawn(params.u64s("oids")),
    references: (params) =>
      this.#joined().references(
        readBindings(params.record("resolver")),
        params.u64s("added"),
        params.u64s("dropped"),
      ),
    resolve: (params) => {
      const found = this.#machine.resolve(params.u64("oxid"));
      return { found: found && writeResolved(found) };
    },
    registerClass: async (params) => {
      const registration = {
        clsid: params.guid("clsid"),
        uses: readUses(params),
        suspended: params.flag("suspended"),
      };
      return { cookie: await this.#joined().registerClass(registration) };
    },
    revokeClass: (params) => this.#joined().revokeClass(params.number("cookie")),
    resumeClasses: () => this.#joined().resumeClasses(),
    runningRegister: async (params) => ({
      duplicate: await this.#joined().running.register(readRunningLine(params)),
    }),
    runningNote: (params) => this.#joined().running.note(params.number("line"), params.u64("changed")),
    runningRevoke: (params) => this.#joined().running.revoke(params.number("line")),
    runningChanged: (params) => {
      const changed = this.#machine.running.changed(params.bytes("key"), params.flag("forAnybody"));
      return { changed: changed === undefined ? undefined : formatU64(changed) };
    },
    runningObject: async (params) =>
      reference(await this.#machine.running.object(params.bytes("key"), params.flag("forAnybody"))),
    runningMoniker: async (params) =>
      reference(await this.#machine.running.moniker(params.number("id"), params.flag("forAnybody"))),
    runningList: (params) => {
      const { lines, more } = this.#machine.running.table.list(
        params.number("after"),
        params.flag("forAnybody"),
      );
      return writeListed(lines, more);
    },
    activate: (params) => this.#activate(params),
    network: () => {
      const { resolverBindings, listening } = this.#machine.options;
      return { resolver: writeBindings(resolverBindings()), listening: listening?.() ?? [] };
    },
    trace: async (params) =>
      writeTrace(await this.#machine.trace(params.u64("oxid"), readTraceRequest(params))),
    snapshot: async () => writeSnapshot(await this.#machine.snapshot()),
    giveWay: () => this.#giveWay(),
  };

  ended(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) this.#machine.leave(session.process);
  }

  async #join(params: Fields): Promise<object> {
    if (this.#session !== undefined)
      throw new ComError(HResult.CO_E_ALREADYINITIALIZED, "the process has joined before");
    const link = this.link;
    if (link === undefined) throw new ComError(HResult.E_UNEXPECTED, "the link is not open yet");
    const session = await this.#machine.join(readRegistration(params), callsOver(link));
    if (link.closed) {
      this.#machine.leave(session.process);
      throw new ComError(HResult.RPC_E_CONNECTION_TERMINATED);
    }
    this.#session = session;
    return {
      oxid: formatU64(session.oxid),
      oidPrefix: session.oidPrefix,
      resolver: writeBindings(session.resolverBindings),
      pingPeriod: session.pingPeriod,
    };
  }

  async #activate(params: Fields): Promise<object> {
    const pid = this.#session?.process.registration.pid;
    const source = readSource(params);
    const client = readClient(params);
    const activated = await this.#machine.activate({
      ...(source && { source }),
      clsid: params.guid("clsid"),
      iids: params.guids("iids"),
      classObject: params.flag("classObject"),
      remoteOnly: params.flag("remoteOnly"),
      destination: "local",
      origin: {
        account: undefined,
        local: client === undefined,
        ...client,
        onThisMachine: true,
        authenticationLevel: 6,
        from: "this machine",
        ...(pid && { pid }),
      },
    });
    if ("machine" in activated) return activated;
    const { process } = activated;
    return {
      ...writeActivated(activated),
      oxid: formatU64(process.oxid),
      exporter: writeResolved(resolved(process)),
    };
  }

  /** Another SCM wants the home: one that is held inside a program ends, after this was answered. */
  #giveWay(): object {
    const { giveWay, home, logger } = this.#machine.options;
    if (giveWay === undefined) {
      throw new ComError(HResult.ERROR_ALREADY_EXISTS, `a service control manager runs already for ${home}`);
    }
    logger.info({ home }, "giving way to another service control manager");
    setImmediate(() => {
      giveWay().catch((error: unknown) => logger.error({ error }, "giving way failed"));
    });
    return {};
  }

  #joined(): MachineSession {
    if (this.#session === undefined)
      throw new ComError(HResult.CO_E_NOTINITIALIZED, "the process has not joined");
    return this.#session;
  }
}

function reference(objref: Uint8Array | undefined): object {
  return { objref: objref && formatBytes(objref) };
}

/** What the SCM asks of the process at the other end of a link. */
function callsOver(link: LocalLink): ExporterCalls {
  return {
    rundown: (oids) => {
      for (const batch of batchesOf(oids)) link.notify("rundown", { oids: batch });
    },
    activate: async (activation) =>
      readActivated(await link.request("activate", writeActivation(activation))),
    describe: async () => readStatus(await link.request("describe", {})),
    trace: async (request) => readTrace(await link.request("trace", writeTraceRequest(request))),
    shutdown: (milliseconds) => link.notify("shutdown", { milliseconds }),
    running: async (line, what, timeout) =>
      (await link.request("running", { line, what }, { timeout })).bytes("objref"),
  };
}
