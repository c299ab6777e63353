import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { MessagePort } from "node:worker_threads";
import { inspect } from "node:util";
import { ComError, HResult, type Logger } from "../../base/index.ts";
import type { Leak, RuntimeOptions } from "../../com/index.ts";
import type { Oid, Oxid } from "../../dcom/index.ts";
import { type PortLink, hasEnded } from "../../rpc/index.ts";
import type {
  PlaceName,
  ThreadActivated,
  ThreadActivation,
  ThreadHub,
  ThreadInfo,
  ThreadInvitation,
} from "./contract.ts";
import { ExporterTable } from "./exporter-table.ts";
import { ThreadLink } from "./thread-link.ts";
import { ThreadSide } from "./thread-side.ts";

/** The hub, seen from a worker. */
class DistantHub implements ThreadHub {
  link!: ThreadLink;

  async find(oxid: Oxid): Promise<ThreadInfo | undefined> {
    return (await this.link.request("find", oxid)) as ThreadInfo | undefined;
  }

  leftProcess(oxid: Oxid, oid: Oid): void {
    this.link.notify("leftProcess", { oxid, oid });
  }

  async heldBy(oxid: Oxid): Promise<readonly Oid[] | undefined> {
    return (await this.link.request("heldBy", oxid)) as readonly Oid[] | undefined;
  }

  async introduce(oxid: Oxid): Promise<PortLink> {
    return (await this.link.request("introduce", oxid)) as PortLink;
  }

  async activateIn(place: PlaceName, request: ThreadActivation): Promise<ThreadActivated> {
    return (await this.link.request("activateIn", { place, request })) as ThreadActivated;
  }

  async putGlobal(_owner: Oxid, objref: Uint8Array): Promise<number> {
    return (await this.link.request("putGlobal", objref)) as number;
  }

  async global(cookie: number): Promise<Uint8Array | undefined> {
    return (await this.link.request("global", cookie)) as Uint8Array | undefined;
  }

  async removeGlobal(cookie: number): Promise<boolean> {
    return (await this.link.request("removeGlobal", cookie)) as boolean;
  }
}

/** What the hub gives a thread of its own. */
export interface HubServices {
  /** A logger that writes to that of the thread that began. */
  readonly logger: Logger;
  readonly leaks: NonNullable<RuntimeOptions["leaks"]>;
}

/** Takes a thread's place among those of its process: `open` starts COM in it, and from then on it serves the hub, until it or the hub wants the end. */
export async function joinThreads<T>(
  invitation: ThreadInvitation,
  open: (side: ThreadSide, services: HubServices) => Promise<T>,
): Promise<T> {
  const { exporters, port, bell } = invitation;
  assertGood(port);
  if (hasEnded(bell)) throw new ComError(HResult.RPC_E_DISCONNECTED, "the runtime that invited has closed");
  const hub = new DistantHub();
  const side = new ThreadSide(hub, new ExporterTable(exporters), true);
  hub.link = new ThreadLink(
    port,
    {
      accept: (link: PortLink) => side.accept(link),
      activate: (request: ThreadActivation) => side.activate(request),
      revokeGlobal: (cookie: number) => side.revokeGlobal(cookie),
      leftProcess: (oid: Oid) => side.leftProcess(oid),
      held: (oxid: Oxid) => side.held(oxid),
      ended: (oxid: Oxid) => side.ended(oxid),
      run: ({ module, args }: { module: string; args: readonly unknown[] }) => run(side, module, args),
      close: () => side.runtime.close(),
    },
    () => void side.end(),
  );
  hub.link.bell = bell;
  side.transport.alsoPump(() => hub.link.pump());
  const leave = (): void => side.transport.leave();
  process.once("exit", leave);
  try {
    await hub.link.request("hello", undefined); // rejects when whoever invited goes
    const tell = (leak: Leak): void => hub.link.notify("leak", leak);
    const opened = await open(side, { logger: forwardTo(hub), leaks: tell });
    if (hub.link.closed) {
      await side.end(); // nobody else will
      throw new ComError(HResult.RPC_E_DISCONNECTED, "the runtime that invited closed meanwhile");
    }
    side.startCounting();
    hub.link.notify("joined", side.info);
    side.onClose = () => Promise.resolve(side.left());
    const { onClosed } = side;
    side.onClosed = () => {
      onClosed?.();
      process.removeListener("exit", leave);
      setImmediate(() => hub.link.close());
    };
    return opened;
  } catch (error) {
    process.removeListener("exit", leave);
    const { code, info, message } = ComError.from(error);
    hub.link.notify("failed", { code, description: info.description ?? message });
    setImmediate(() => hub.link.close());
    throw error;
  }
}

/** Ports of invitations that were taken up. */
const taken = new WeakSet<MessagePort>();

function assertGood(port: unknown): asserts port is MessagePort {
  if (!(port instanceof MessagePort)) throw new ComError(HResult.E_INVALIDARG, "that is no invitation");
  if (taken.has(port))
    throw new ComError(HResult.E_INVALIDARG, "the invitation was taken up before: it is good for one thread");
  taken.add(port);
}

async function load(address: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(address)) as { readonly default?: unknown };
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (!isMissing || existsSync(new URL(address))) throw error; // it is another one that is missing
    throw new ComError(HResult.CO_E_DLLNOTFOUND, `there is no module ${address}`, { cause: error });
  }
}

async function run(side: ThreadSide, module: string, args: readonly unknown[]): Promise<unknown> {
  const address = module.startsWith("file:") ? module : pathToFileURL(module).href;
  const { default: main } = await load(address);
  if (typeof main !== "function") {
    throw new ComError(HResult.E_INVALIDARG, `${module} has no default export that can be called`);
  }
  return (main as (...given: unknown[]) => unknown)(side.runtime, ...args);
}

/** A worker's log goes to the logger of the thread that began. */
function forwardTo(hub: DistantHub): Logger {
  const at =
    (level: keyof Logger) =>
    (fields: object, message: string): void =>
      hub.link.notify("log", { level, fields: plain(fields), message });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** What of the fields can be posted. */
function plain(fields: object): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]) => [name, plainValue(value)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function plainValue(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === "object" || typeof value === "function" ? inspect(value) : value;
}
