import { type Guid, newGuid } from "../../base/index.ts";
import type { Apartment } from "../remoting.ts";

/**
 * An apartment that calls enter at once, whoever makes them: the main one of a program that asked for no model, the multithreaded one, and the neutral one of
 * a thread.
 */
export class OpenApartment implements Apartment {
  readonly id: string = newGuid();
  readonly kind: Apartment["kind"];
  readonly mayNotBePosted: () => string = mayNotBePosted;

  constructor(kind: "main" | "multi" | "neutral") {
    this.kind = kind;
  }

  enter<T>(_causality: Guid | undefined, run: () => T): T {
    return run();
  }
}

/**
 * Every apartment has this function among its fields, and every pointer its apartment: who posts a pointer to another thread is told by the DataCloneError,
 * which prints the function.
 */
export const mayNotBePosted = (): string =>
  "an interface pointer belongs to its apartment: marshal it (marshalInterThreadInterfaceInStream, GlobalInterfaceTable)";
