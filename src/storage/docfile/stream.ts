import { IStream, type STATSTG } from "../../com/gen/objidl.ts";
import { pointerTo } from "../../com/index.ts";
import type { Awaitable } from "../../ndr/index.ts";
import { Stgty, makeStat, noName } from "../stat.ts";
import { miniCutoff } from "../cfb/header.ts";
import { type Mode, Stgm } from "../stgm.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import type { OpenElement } from "../tree/open-element.ts";
import { StreamData } from "../tree/stream-data.ts";
import type { Session } from "./session.ts";

/** What a stream and its clones share: the element stays open until the last is released. */
export class StreamUse {
  readonly session: Session;
  readonly open: OpenElement;
  readonly mode: Mode;
  readonly data: StreamData;
  users = 0;

  constructor(session: Session, open: OpenElement, mode: Mode) {
    this.session = session;
    this.open = open;
    this.mode = mode;
    this.data = new StreamData(open);
  }
}

/** A stream of a compound file (IStream). Its clones share bytes, each with its own place. */
export class DocfileStream extends ByteStream {
  readonly #use: StreamUse;

  constructor(use: StreamUse) {
    super(use.mode.reads, use.mode.writes);
    this.#use = use;
    use.users++;
  }

  protected get length(): number {
    return this.#use.data.size;
  }

  protected readAt(at: number, into: Uint8Array): number {
    return this.#use.data.read(at, into);
  }

  protected writeAt(at: number, bytes: Uint8Array): void {
    this.#use.data.write(at, bytes);
  }

  protected resize(size: number): void {
    this.#use.data.setSize(size);
  }

  protected check(): void {
    this.#use.open.check();
  }

  protected override settle<T>(value: T): Awaitable<T> {
    return this.#use.session.settle(value);
  }

  /** Streams are not transacted themselves: in a direct storage the file is brought up to date, in a transacted one nothing happens. */
  Commit(_grfCommitFlags: number): Awaitable<void> {
    this.check();
    this.#use.session.flushDirect();
    return this.settle(undefined);
  }

  Revert(): Awaitable<void> {
    this.check();
  }

  Stat(grfStatFlag: number): STATSTG {
    this.check();
    const { element } = this.#use.open;
    return makeStat({
      name: grfStatFlag === noName ? null : element.name,
      type: Stgty.STREAM,
      size: this.length,
      mode: this.#use.mode.bits,
    });
  }

  Clone(): Awaitable<IStream | null> {
    this.check();
    const clone = new DocfileStream(this.#use);
    clone.position = this.position;
    return pointerTo(clone, IStream);
  }

  /** The last reference is gone. */
  finalRelease(): void {
    if (--this.#use.users > 0) return;
    const { session, open, data, mode } = this.#use;
    // A stream of a simple storage fills the smallest size that lies in sectors.
    if (session.mode.has(Stgm.SIMPLE) && mode.writes && !open.lost && data.size < miniCutoff)
      data.setSize(miniCutoff);
    open.close();
  }
}
