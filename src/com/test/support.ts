import type { ComError } from "../../base/index.ts";
import { IAdder, ICalculator, IHub, ISink } from "./sample.ts";
import { MemoryStore } from "../../store/index.ts";
import { type Implements, Registry, Runtime, type RuntimeOptions, isPointer, pointerTo } from "../index.ts";

/** Matches a ComError by its code, for assert.throws and assert.rejects. */
export function withCode(code: number): (error: unknown) => boolean {
  return (error) => (error as ComError).code === code >>> 0;
}

/** A runtime of its own, whose machine is in memory. */
export function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return Runtime.open({ registry: new Registry(new MemoryStore(), { user: "ann" }), ...options });
}

export class Calculator implements Implements<ICalculator> {
  released = 0;

  Add(a: number, b: number): number {
    return a + b;
  }
  Divide(a: number, b: number): number {
    if (b === 0) throw new RangeError("division by zero");
    return a / b;
  }
  async Later(a: number): Promise<number> {
    await Promise.resolve();
    if (a < 0) throw new RangeError("negative");
    return a;
  }
  finalRelease(): void {
    this.released++;
  }
}

export class Hub implements Implements<IHub> {
  static readonly interfaces: readonly [typeof IHub] = [IHub];
  #sink: ISink | undefined;

  Attach(sink: ISink | object): void {
    if (!isPointer(sink)) throw new TypeError("a pointer was expected");
    sink.AddRef();
    this.#sink = sink as ISink;
  }
  async Fire(value: number): Promise<number> {
    if (this.#sink === undefined) return 0;
    await this.#sink.OnValue(value);
    return 1;
  }
  Detach(): void {
    this.#sink?.Release();
    this.#sink = undefined;
  }
  GetAdder(): IAdder {
    return pointerTo(new Calculator(), IAdder);
  }
}

export function literalSink(values: number[]): Implements<ISink> & { OnValue(value: number): void } {
  return { OnValue: (value) => void values.push(value) };
}
