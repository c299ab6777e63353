// A call inside an apartment, through an interface pointer with its checks, against a plain monomorphic method call.
import { Runtime, defineClass, defineModule } from "comity";
import { type ICalculator, ICalculator as ICalculatorInterface } from "@comity/example-calculator/contract";
import { CalculatorObject } from "@comity/example-calculator/implementation";
import type { Row } from "./row.js";

class Plain {
  #offset = 0;
  Add(a: number, b: number): number {
    return (a + b + this.#offset) | 0;
  }
}

const calls = 20_000_000;

function plain(target: Plain): number {
  let sum = 0;
  for (let i = 0; i < calls; i++) sum = target.Add(sum, i);
  return sum;
}

function through(pointer: ICalculator): number {
  let sum = 0;
  for (let i = 0; i < calls; i++) sum = pointer.Add(sum, i) as number;
  return sum;
}

function best<T>(run: (target: T) => number, target: T): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    run(target);
    // The first two rounds warm up.
    if (round > 1) seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return calls / seconds;
}

export async function measureInApartment(): Promise<Row[]> {
  await using com = await Runtime.open({ home: process.env["COMITY_BENCH_HOME"] ?? "" });
  const definition = defineClass(
    { clsid: "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9efe", interfaces: [ICalculatorInterface] },
    CalculatorObject,
  );
  await com.registerClassObjects(defineModule({ classes: [definition] }), { context: 1 });
  using pointer = await com.createInstance(definition, ICalculatorInterface, { context: 1 });
  const work = "a method call in the apartment";
  return [
    { work, contender: "plain method call", perSecond: best(plain, new Plain()) },
    { work, contender: "comity interface pointer", perSecond: best(through, pointer) },
  ];
}
