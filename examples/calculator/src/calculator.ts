import { ComError, type CreationContext, HResult, type Implements, type Variant } from "comity";
import { Calculator, ICalculator, type ICalculatorEvents, type ICalculatorLab } from "./gen/calculator.js";

/** What division by zero answers: a code of the class's own (FACILITY_ITF). */
const divisionByZero = 0x80040201;

/** The sample class: an ordinary class that has the methods of its interfaces. */
export class CalculatorObject implements Implements<ICalculator>, Implements<ICalculatorLab> {
  readonly #context: CreationContext;
  #memory = 0;
  #kept: ICalculator | null = null;

  constructor(context: CreationContext) {
    this.#context = context;
  }

  Add(a: number, b: number): number {
    return (a + b) | 0;
  }

  Divide(a: number, b: number): number {
    if (b === 0) throw new ComError(divisionByZero, "division by zero", { source: "Comity.Calculator" });
    return a / b;
  }

  get_Memory(): number {
    return this.#memory;
  }

  put_Memory(value: number): void {
    this.#memory = value;
  }

  Join(left: string | null, right: string | null): string {
    return `${left ?? ""}${right ?? ""}`;
  }

  Total(numbers: Variant): number {
    const list = numbers.toJs() as Iterable<number | bigint>;
    let total = 0;
    for (const number of list) total += Number(number);
    return total;
  }

  Where(): string {
    return `process ${process.pid}`;
  }

  Echo(_size: number, data: Uint8Array): Uint8Array {
    return data;
  }

  async AddAndTell(a: number, b: number, events: ICalculatorEvents | null): Promise<number> {
    const sum = this.Add(a, b);
    await events?.Calculated(sum);
    return sum;
  }

  Spawn(): Promise<ICalculator> {
    return this.#context.runtime.createInstance(Calculator, ICalculator);
  }

  Keep(other: ICalculator | null): void {
    this.#kept?.Release();
    // The caller's reference ends with the call; what is kept needs its own.
    other?.AddRef();
    this.#kept = other;
  }

  async AskKept(a: number, b: number): Promise<number> {
    if (this.#kept === null) throw new ComError(HResult.E_UNEXPECTED, "no calculator is kept here");
    return this.#kept.Add(a, b);
  }

  /** Runs when the last reference goes. */
  finalRelease(): void {
    this.#kept?.Release();
  }
}
