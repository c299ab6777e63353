import { oldestFirst } from "../bounded-map.ts";
import type { Chunk } from "../stream/chunk.ts";
import { readCommonHeader } from "../traffic/header.ts";
import type { StreamSink } from "../stream/chunk.ts";

/** The two directions of one open of a named pipe. */
export interface PipeSinks {
  readonly toServer: StreamSink;
  readonly toClient: StreamSink;
}

/** One open file of an SMB connection: a pipe, a file that does not matter, or not known yet. */
export class SmbOpen {
  /** Path below the share, without a leading backslash; undefined when the open was not captured. */
  readonly name: string | undefined;
  #kind: "pipe" | "file" | "unknown";
  #sinks: PipeSinks | undefined;
  readonly #connect: (name: string | undefined) => PipeSinks;

  constructor(
    name: string | undefined,
    isPipe: boolean | undefined,
    connect: (name: string | undefined) => PipeSinks,
  ) {
    this.name = name;
    this.#kind = isPipe === undefined ? "unknown" : isPipe ? "pipe" : "file";
    this.#connect = connect;
  }

  get carriesRpc(): boolean {
    return this.#sinks !== undefined;
  }

  toServer(chunk: Chunk): void {
    this.#sinksFor(chunk)?.toServer.data(chunk);
  }

  toClient(chunk: Chunk): void {
    this.#sinksFor(chunk)?.toClient.data(chunk);
  }

  /** Part of what went through the pipe was not captured. */
  lost(frame: number): void {
    this.#sinks?.toServer.gap(Infinity, frame);
    this.#sinks?.toClient.gap(Infinity, frame);
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

  constructor(limit: number, connect: (name: string | undefined) => PipeSinks) {
    this.#limit = limit;
    this.#connect = connect;
  }

  /** An open about to be granted; it gets its id with `set`. */
  create(name: string | undefined, isPipe: boolean | undefined): SmbOpen {
    return new SmbOpen(name, isPipe, this.#connect);
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

  /** The pipe in use, when there is no doubt which: the only one. */
  get onlyPipe(): SmbOpen | undefined {
    const pipes = [...this.#opens.values()].filter((open) => open.carriesRpc);
    return pipes.length === 1 ? pipes[0] : undefined;
  }

  lost(frame: number): void {
    for (const open of this.#opens.values()) open.lost(frame);
  }

  end(): void {
    for (const open of this.#opens.values()) open.end();
    this.#opens.clear();
  }
}
