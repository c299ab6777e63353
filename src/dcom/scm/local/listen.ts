import { chmodSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { isMainThread } from "node:worker_threads";
import { ComError, HResult, type Logger } from "../../../base/index.ts";
import type { Machine } from "../machine.ts";
import { localAddress } from "./address.ts";
import { ScmClient } from "./client.ts";
import type { LocalLink } from "./link.ts";
import { withStartLock } from "./start-lock.ts";
import { serveLocal } from "./server.ts";

/** The open local endpoint of a machine. */
export interface LocalEndpoint extends AsyncDisposable {
  readonly path: string;
}

/**
 * Opens the local endpoint of a home. Throws ERROR_ALREADY_EXISTS when another process holds it: there is one SCM per home.
 * What a killed SCM left behind is cleared away. `prepare` runs once it is certain that there is no other, before anybody can connect.
 */
export async function listenLocal(
  home: string,
  machine: Machine,
  logger: Logger,
  prepare?: () => Promise<void>,
): Promise<LocalEndpoint> {
  const path = localAddress(home);
  return withStartLock(home, async () => {
    const other = await dial(path).catch(() => undefined);
    if (other !== undefined) await takeOver(other, machine, logger);
    if (process.platform !== "win32") rmSync(path, { force: true });
    await prepare?.();
    return open(path, machine, logger);
  });
}

/** Has the SCM that answers give way. Throws ERROR_ALREADY_EXISTS when it stays, or when ours is no more than a held one itself. */
async function takeOver(other: Socket, machine: Machine, logger: Logger): Promise<void> {
  await using client = new ScmClient(other, logger);
  const { giveWay, home } = machine.options;
  if (giveWay === undefined) return await client.giveWay();
  throw new ComError(HResult.ERROR_ALREADY_EXISTS, `a service control manager runs already for ${home}`);
}

async function open(path: string, machine: Machine, logger: Logger): Promise<LocalEndpoint> {
  const links = new Set<LocalLink>();
  const server = createServer((socket) => {
    const link = serveLocal(machine, socket, logger);
    links.add(link);
    socket.once("close", () => links.delete(link));
  });
  await listening(server, path);
  return {
    path,
    [Symbol.asyncDispose]: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of links) link.close();
      return closed;
    },
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // The mask holds from the first moment: nobody else can connect between listen and chmod. Worker threads cannot change it.
    const mask = isMainThread ? process.umask(0o177) : undefined;
    try {
      server.listen(path, () => {
        if (process.platform !== "win32") chmodSync(path, 0o600);
        resolve();
      });
    } finally {
      if (mask !== undefined) process.umask(mask);
    }
  });
}

/** Connects to the local endpoint at `path`; rejects when nobody listens. */
export function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
