import {
  ClassContext,
  IUnknown,
  type Implements,
  type Runtime,
  aggregate,
  defineClass,
  pointerTo,
  verifyIdentity,
} from "comity/com";
import { IArchive, IDictionary, IEcho } from "./gen/marshaling.js";

/** Containment: the outer object has the interface itself and calls the one inside. */
export class PoliteEcho implements Implements<IEcho> {
  static readonly interfaces: readonly unknown[] = [IEcho];
  readonly #inner: IEcho;

  /** Takes over the reference. */
  constructor(inner: IEcho) {
    this.#inner = inner;
  }

  async Say(text: string): Promise<string> {
    return `If you please: ${await this.#inner.Say(text)}`;
  }

  finalRelease(): void {
    this.#inner.Release();
  }
}

class Desk implements Implements<IEcho> {
  static readonly interfaces: readonly unknown[] = [IEcho];

  Say(text: string): string {
    return text;
  }
}

class Drawer implements Implements<IArchive> {
  readonly #texts = new Map<string, string>();

  Put(name: string, text: string): void {
    this.#texts.set(name, text);
  }

  Get(name: string): string {
    return this.#texts.get(name) ?? "";
  }
}

const drawer = defineClass(
  { clsid: "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7aa031", interfaces: [IArchive] },
  Drawer,
  {
    aggregatable: true,
  },
);

/** Aggregation: a desk with a drawer of here and a dictionary of elsewhere, which to everybody are one object. Takes over the dictionary. */
export async function makeDesk(runtime: Runtime, dictionary: IDictionary): Promise<IEcho> {
  const desk = new Desk();
  const registration = await runtime.registerClassObject(drawer, { context: ClassContext.INPROC_SERVER });
  aggregate(desk, await runtime.createInstance(drawer, IUnknown, { outer: desk }), IArchive);
  aggregate(desk, dictionary, IDictionary);
  await registration.revoke();
  return pointerTo(desk, IEcho, runtime);
}

/** How many rules of QueryInterface the desk breaks: none. */
export async function breaches(desk: IUnknown): Promise<number> {
  return (await verifyIdentity(desk, [IEcho, IArchive, IDictionary])).length;
}
