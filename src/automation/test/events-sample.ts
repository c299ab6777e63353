import {
  type ClassDefinition,
  type Implements,
  defineClass,
  identityOf,
  pointerTo,
} from "../../com/index.ts";
import { automationProviders } from "../dispatch-provider.ts";
import { fire } from "../events/fire.ts";
import { TypeLibraries } from "../typelib/libraries.ts";
import { typeInfoSource } from "../typelib/type-info-source.ts";
import { Clicker, DCounterEvents, EventCounter, ICounter, ICounterEvents } from "./gen/events-sample.ts";
import { hostWith } from "./host.ts";
import { codeOf as codeOfPromise } from "./support.ts";

export const host: ReturnType<typeof hostWith> = hostWith(
  automationProviders(typeInfoSource(new TypeLibraries())),
);

export class CounterObject implements Implements<ICounter> {
  ended = 0;
  value = 0;
  get_Value(): number {
    return this.value;
  }
  Add(n: number): void {
    this.value += n;
    fire(this, ICounterEvents).Changed(this.value);
  }
  finalRelease(): void {
    this.ended++;
  }
}
export const counterClass: ClassDefinition = defineClass(EventCounter, CounterObject, { interfaces: [] });

export class ClickerObject extends CounterObject {
  override Add(n: number): void {
    this.value += n;
    fire(this, DCounterEvents).Changed(this.value);
  }
}
const clickerClass: ClassDefinition = defineClass(Clicker, ClickerObject);

export interface Made<T> {
  readonly object: T;
  readonly counter: ICounter;
}

export function make<T extends object>(object: T, definition: object): Made<T> {
  identityOf(object, host).definition = definition;
  return { object, counter: pointerTo(object, ICounter, host) };
}
export const makeCounter = (): Made<CounterObject> => make(new CounterObject(), counterClass);
export const makeClicker = (): Made<ClickerObject> => make(new ClickerObject(), clickerClass);

export const codeOf = (run: () => unknown): Promise<unknown> => codeOfPromise(Promise.resolve().then(run));

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
