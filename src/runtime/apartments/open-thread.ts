import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { ComError, HResult, type Logger } from "../../base/index.ts";
import type { Oid, Oxid } from "../../dcom/index.ts";
import type { PortLink } from "../../rpc/index.ts";
import { openOnThread } from "../open.ts";
import type {
  PlaceName,
  ThreadActivated,
  ThreadActivation,
  ThreadHub,
  ThreadInfo,
  ThreadStart,
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

/** Starts COM in a worker thread and serves the hub until it wants the end. */
export async function openThread(start: ThreadStart): Promise<void> {
  const hub = new DistantHub();
  const side = new ThreadSide(hub, new ExporterTable(start.exporters), true);
  hub.link = new ThreadLink(
    start.hub,
    {
      accept: (link: PortLink) => side.accept(link),
      activate: (request: ThreadActivation) => side.activate(request),
      revokeGlobal: (cookie: number) => side.revokeGlobal(cookie),
      leftProcess: (oid: Oid) => side.leftProcess(oid),
      held: (oxid: Oxid) => side.held(oxid),
      ended: (oxid: Oxid) => side.ended(oxid),
      run: ({ module, args }: { module: string; args: readonly unknown[] }) => run(side, module, args),
      close: () => close(side, hub.link),
    },
    () => undefined,
  );
  hub.link.bell = start.bell;
  side.transport.alsoPump(() => hub.link.pump());
  process.once("exit", () => side.transport.leave());
  const { home, model, name, queuedCalls, credentials, leaks } = start;
  await openOnThread(side, {
    home,
    name,
    apartment: model,
    logger: forwardTo(hub),
    ...(queuedCalls === undefined ? {} : { queuedCalls }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(leaks ? { leaks: "log" as const } : {}),
  });
  side.startCounting();
  hub.link.notify("joined", side.info);
}

async function close(side: ThreadSide, link: ThreadLink): Promise<void> {
  side.left();
  await side.runtime.close();
  setImmediate(() => link.close());
}

async function run(side: ThreadSide, module: string, args: readonly unknown[]): Promise<unknown> {
  const address = module.startsWith("file:") ? module : pathToFileURL(module).href;
  const { default: main } = (await import(address)) as { readonly default?: unknown };
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
