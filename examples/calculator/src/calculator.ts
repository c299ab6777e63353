import { ComError, type CreationContext, type Implements, Variant } from "comity";
import { Calculator, ICalculator, type ICalculatorEvents, type ICalculatorLab } from "./gen/calculator.js";

/** What division by zero answers: a code of the class's own (FACILITY_ITF). */
const divisionByZero = 0x80040201;

/** The sample class: an ordinary class that has the methods of its interfaces. */
export class CalculatorObject implements Implements<ICalculator>, Implements<ICalculatorLab> {
  readonly #context: CreationContext;
  #memory = 0;

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
}
