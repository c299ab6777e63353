import { type Socket, connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { RpcEndpoint } from "comity/rpc";
import { type Random, type Session, mutate, nonsensePacket } from "./fuzz.js";

/** A socket on which everything that goes wrong is expected. */
function open(endpoint: RpcEndpoint): Socket {
  const { protseq, host = "127.0.0.1", endpoint: place } = endpoint;
  const socket = protseq === "ncalrpc" ? connect(place) : connect(Number(place), host);
  socket.on("error", () => undefined);
  socket.resume();
  return socket;
}

/** Sends, waits a moment for what the other side makes of it, and goes. */
async function send(endpoint: RpcEndpoint, parts: readonly Buffer[], pause: number): Promise<void> {
  const socket = open(endpoint);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  for (const part of parts) {
    if (socket.destroyed) break;
    socket.write(part);
    if (parts.length > 1) await Promise.race([delay(pause), closed]);
  }
  await Promise.race([delay(pause), closed]);
  socket.destroy();
  await closed;
}

/** Replays sessions with mistakes, and nonsense, until the time is over; answers how many attacks there were. */
export async function attack(
  sessions: readonly Session[],
  random: Random,
  milliseconds: number,
  atOnce: number,
): Promise<number> {
  const end = performance.now() + milliseconds;
  let attacks = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      attacks++;
      const { endpoint, writes } = random.pick(sessions);
      await send(endpoint, assault(writes, random), 5 + random.below(20));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return attacks;
}

function assault(writes: readonly Buffer[], random: Random): Buffer[] {
  switch (random.below(6)) {
    case 0:
      return [random.bytes(random.below(300))];
    case 1:
      return [Buffer.concat(Array.from({ length: 1 + random.below(4) }, () => nonsensePacket(random)))];
    case 2: // the beginning is as it should be, then nonsense
      return [...writes.slice(0, 1 + random.below(writes.length)), nonsensePacket(random)];
    default: {
      const wrong = random.below(writes.length);
      const sent = writes.map((bytes, i) =>
        i === wrong || random.below(8) === 0 ? mutate(bytes, random) : bytes,
      );
      return random.below(3) === 0 ? [Buffer.concat(sent)] : sent;
    }
  }
}

/** Connections that are opened by the hundred and dropped. */
export async function flood(endpoint: RpcEndpoint, count: number): Promise<void> {
  const sockets = Array.from({ length: count }, () => open(endpoint));
  await delay(100);
  for (const socket of sockets) socket.destroy();
}

/** Connections that never say a whole word: a byte now and then, or nothing at all. Answers how many the server closed by itself. */
export async function loris(
  endpoint: RpcEndpoint,
  bytes: Buffer,
  count: number,
  milliseconds: number,
): Promise<number> {
  const sockets = Array.from({ length: count }, () => open(endpoint));
  let closed = 0;
  for (const socket of sockets) socket.once("close", () => closed++);
  const end = performance.now() + milliseconds;
  for (let sent = 0; performance.now() < end; sent++) {
    if (sockets.every((socket) => socket.destroyed)) break;
    for (const [i, socket] of sockets.entries()) {
      if (i % 2 === 0 && !socket.destroyed && sent < bytes.length)
        socket.write(bytes.subarray(sent, sent + 1));
    }
    await delay(100);
  }
  const byServer = closed;
  for (const socket of sockets) socket.destroy();
  return byServer;
}
