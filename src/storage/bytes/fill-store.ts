import { ComError } from "../../base/index.ts";
import { storageLimits } from "../limits.ts";
import { StgStatus } from "../status.ts";
import type { ByteStore } from "./byte-store.ts";

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Most pieces with gaps between them. Stops whoever fills from filling memory with their list. */
const maxRanges = 1024;

/** Bytes that are still arriving, in any order. What is not there yet is E_PENDING; when it will never be, STG_E_INCOMPLETE. */
export class FillStore implements ByteStore {
  readonly #inner: ByteStore;
  /** What is there, in order, without neighbours that touch. */
  #ranges: readonly Range[] = [];
  #expected = 0;
  #state: "arriving" | "complete" | "canceled" = "arriving";

  constructor(inner: ByteStore) {
    this.#inner = inner;
  }

  get size(): number {
    return this.#state === "complete" ? this.#inner.size : Math.max(this.#expected, this.#inner.size);
  }

  /** Where the next piece belongs, when they come in order. */
  get end(): number {
    const first = this.#ranges[0];
    return first?.from === 0 ? first.to : 0;
  }

  /** How long it will be. */
  expect(size: number): void {
    this.#check(size);
    this.#expected = size;
  }

  fill(at: number, bytes: Uint8Array): void {
    this.#check(at + bytes.length);
    if (bytes.length === 0) return;
    const ranges = withRange(this.#ranges, { from: at, to: at + bytes.length });
    if (ranges.length > maxRanges)
      throw new ComError(StgStatus.MEDIUMFULL, `more than ${maxRanges} pieces with gaps between them`);
    this.#inner.write(at, bytes);
    this.#ranges = ranges;
  }

  /** Nothing more comes. */
  terminate(canceled: boolean): void {
    this.#check(0);
    this.#state = canceled ? "canceled" : "complete";
    this.#inner.flush();
  }

  #check(size: number): void {
    if (this.#state !== "arriving") throw new ComError(StgStatus.TERMINATED, "nothing more was to come");
    if (size > storageLimits.maxStreamBytes)
      throw new ComError(
        StgStatus.MEDIUMFULL,
        `${size} bytes are more than the ${storageLimits.maxStreamBytes} allowed`,
      );
  }

  missing(): ComError | undefined {
    if (this.#state === "complete") return undefined;
    return this.#state === "arriving"
      ? new ComError(StgStatus.PENDING, "this part has not arrived yet")
      : new ComError(StgStatus.INCOMPLETE, "this part never arrived: the rest was canceled");
  }

  read(at: number, into: Uint8Array): number {
    if (this.#state === "complete") return this.#inner.read(at, into);
    const range = this.#ranges.find(({ from, to }) => from <= at && at < to);
    const there = range === undefined ? 0 : Math.min(into.length, range.to - at);
    return this.#inner.read(at, into.subarray(0, there));
  }

  write(): void {
    throw new ComError(StgStatus.ACCESSDENIED, "what arrives is only read");
  }

  setSize(): void {
    this.write();
  }

  flush(): void {
    this.#inner.flush();
  }

  /** The bytes belong to whoever fills. */
  close(): void {}
}

/** Ranges with one more, joined with those it touches. */
function withRange(ranges: readonly Range[], { from, to }: Range): readonly Range[] {
  const before = ranges.filter((range) => range.to < from);
  const after = ranges.filter((range) => range.from > to);
  const touched = ranges.slice(before.length, ranges.length - after.length);
  return [
    ...before,
    {
      from: Math.min(from, ...touched.map((range) => range.from)),
      to: Math.max(to, ...touched.map((range) => range.to)),
    },
    ...after,
  ];
}
