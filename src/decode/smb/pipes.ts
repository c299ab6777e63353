import { oldestFirst } from "../bounded-map.ts";
import type { Chunk } from "../stream/chunk.ts";
import { readCommonHeader } from "../traffic/header.ts";
import type { StreamSink } from "../stream/chunk.ts";

/** The two directions of one open of a named pipe. */
export interface PipeSinks {
  readonly toServer: StreamSink;
  readonly toClient: StreamSink;
}

/** One direction of a pipe. */
export type Way = keyof PipeSinks;

/** One open file of an SMB connection: a pipe, a file that does not matter, or not known yet. */
export class SmbOpen {
  /** Path below the share, without a leading backslash; undefined when the open was not captured. */
  readonly name: string | undefined;
  #kind: "pipe" | "file" | "unknown";
  #sinks: PipeSinks | undefined;
  readonly #connect: (name: string | undefined) => PipeSinks;
  readonly #used: (open: SmbOpen) => void;

  constructor(
    name: string | undefined,
    isPipe: boolean | undefined,
    connect: (name: string | undefined) => PipeSinks,
    used: (open: SmbOpen) => void,
  ) {
    this.name = name;
    this.#used = used;
    this.#kind = isPipe === undefined ? "unknown" : isPipe ? "pipe" : "file";
    this.#connect = connect;
  }

  get carriesRpc(): boolean {
    return this.#sinks !== undefined;
  }

  toServer(chunk: Chunk): void {
    this.#pass(chunk, "toServer");
  }

  toClient(chunk: Chunk): void {
    this.#pass(chunk, "toClient");
  }

  /** Part of what went through the pipe was not captured; in both directions when nobody knows in which. */
  lost(frame: number, way: Way | undefined): void {
    if (way !== "toClient") this.#sinks?.toServer.gap(Infinity, frame);
    if (way !== "toServer") this.#sinks?.toClient.gap(Infinity, frame);
  }

  #pass(chunk: Chunk, way: Way): void {
    const sinks = this.#sinksFor(chunk);
    if (sinks === undefined) return;
    this.#used(this);
    sinks[way].data(chunk);
  }

  end(): void {
    this.#sinks?.toServer.end();
    this.#sinks?.toClient.end();
    this.#sinks = undefined;
  }

  /** The first bytes decide about an open of unknown kind, and whether a pipe carries RPC at all. */
  #sinksFor(chunk: Chunk): PipeSinks | undefined {
    if (this.#sinks !== undefined || this.#kind === "file") return this.#sinks;
    if (readCommonHeader(chunk.bytes) === undefined) return undefined;
    this.#sinks = this.#connect(this.name);
    return this.#sinks;
  }
}

/** The opens of one SMB connection by their file id. */
export class OpenTable {
  readonly #opens = new Map<string, SmbOpen>();
  readonly #limit: number;
  readonly #connect: (name: string | undefined) => PipeSinks;
  #lastUsed: SmbOpen | undefined;

  constructor(limit: number, connect: (name: string | undefined) => PipeSinks) {
    this.#limit = limit;
    this.#connect = connect;
  }

  /** An open about to be granted; it gets its id with `set`. */
  create(name: string | undefined, isPipe: boolean | undefined): SmbOpen {
    return new SmbOpen(name, isPipe, this.#connect, (open) => (this.#lastUsed = open));
  }

  set(id: string, open: SmbOpen): void {
    this.#opens.get(id)?.end();
    this.#opens.set(id, open);
    if (this.#opens.size > this.#limit) this.close(oldestFirst(this.#opens));
  }

  /** The open of this id; one whose creation was not captured is made up. */
  get(id: string, isPipe: boolean | undefined): SmbOpen {
    const known = this.#opens.get(id);
    if (known !== undefined) return known;
    const open = this.create(undefined, isPipe);
    this.set(id, open);
    return open;
  }

  close(id: string | undefined): void {
    if (id === undefined) return;
    this.#opens.get(id)?.end();
    this.#opens.delete(id);
  }

  /** The pipe that RPC went through last: the likeliest one when a message does not say which it is for. */
  get lastUsed(): SmbOpen | undefined {
    return this.#lastUsed?.carriesRpc === true ? this.#lastUsed : undefined;
  }

  lost(frame: number, way: Way | undefined): void {
    for (const open of this.#opens.values()) open.lost(frame, way);
  }

  end(): void {
    for (const open of this.#opens.values()) open.end();
    this.#opens.clear();
  }
}
