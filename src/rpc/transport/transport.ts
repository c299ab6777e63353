import type { RpcEndpoint } from "../endpoint.ts";

/** What a connection tells its owner. */
export interface ConnectionSink {
  /** New bytes stand in `buffer` from `start` to `end`. They are valid during this call only, and may be changed in place. */
  received(buffer: Uint8Array, start: number, end: number): void;
  /** Where the next bytes shall be read to; `undefined`: wherever the transport likes. Asked after each `received`. */
  room(): Uint8Array | undefined;
  /** A write that answered false has gone out; its bytes may be used again. */
  written(): void;
  /** The connection is gone; called once, whoever closed it. */
  disconnected(error: Error | undefined): void;
}

/** One end of a connected byte stream. */
export interface Connection {
  readonly protseq: string;
  /** The peer's address as people write it. */
  readonly remote: string;
  readonly local: string;
  /** True when nobody else can read or change the bytes and the peer is known to run as the same user on this machine. */
  readonly isPrivate: boolean;
  /** Begins delivering. Call it once. */
  start(sink: ConnectionSink): void;
  /**
   * Sends bytes [start, end). True: they are out of our hands. False: they are still needed, and `sink.written` will say when
   * not; until then no other write may be made.
   */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /** Stops and resumes reading, so that the peer has to wait. */
  pause(): void;
  resume(): void;
  /** Closes once everything written has gone out. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  /**
   * Calls `begin`, which sends, and deals with what arrives without the event loop until `done` says so (true), or for `milliseconds` (false): for those who wait synchronously. Only between
   * threads of one process.
   */
  wait?(milliseconds: number, done: () => boolean, begin: () => void): boolean;
}

export interface Listener {
  /** Where it listens in fact: the port chosen, when none was given. */
  readonly endpoint: RpcEndpoint;
  /** Stops accepting; connections live on. */
  close(): Promise<void>;
}

/** A way to carry byte streams. To add one is to write one of these. */
export interface Transport {
  readonly protseq: string;
  /** The fragment size its two ends offer each other, unless told otherwise. */
  readonly fragmentBytes: number;
  /** Rejects with the platform's error, or when `signal` aborts. */
  connect(endpoint: RpcEndpoint, signal: AbortSignal | undefined): Promise<Connection>;
  /** `endpoint.endpoint` may be empty: any free port or name. */
  listen(endpoint: RpcEndpoint, accept: (connection: Connection) => void): Promise<Listener>;
}
