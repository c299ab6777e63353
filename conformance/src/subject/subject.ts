import { ComError, type CreationContext, type Implements, type Variant } from "comity";
import {
  type ISubject,
  ISubject as Main,
  type ISubjectEvents,
  type ISubjectLab,
  Subject,
} from "../gen/subject.js";

let living = 0;
let finalReleases = 0;

/** The class that is called over every distance. */
export class SubjectObject implements Implements<ISubject>, Implements<ISubjectLab> {
  readonly #context: CreationContext;
  #label: string | null = "";
  #kept: ISubject | undefined;

  constructor(context: CreationContext) {
    this.#context = context;
    living++;
  }

  /** The last reference went. */
  finalRelease(): void {
    living--;
    finalReleases++;
    this.#letGo();
  }

  Add(a: number, b: number): number {
    return (a + b) | 0;
  }

  get_Label(): string | null {
    return this.#label;
  }

  put_Label(value: string | null): void {
    this.#label = value;
  }

  Reverse(text: string | null): string | null {
    return text === null ? null : Array.from(text).toReversed().join("");
  }

  Mirror(value: Variant): Variant {
    return value;
  }

  Fail(code: number, description: string | null): never {
    throw new ComError(code, description ?? undefined, { source: "Comity.Subject" });
  }

  ProcessId(): number {
    return process.pid;
  }

  async Tell(events: ISubjectEvents | null, what: string | null): Promise<number> {
    return events === null ? -1 : events.Told(what);
  }

  Spawn(): Promise<ISubject> {
    return this.#context.runtime.createInstance(Subject, Main, { context: 1 });
  }

  SpawnMany(count: number): ISubject[] {
    const { runtime } = this.#context;
    return Array.from({ length: count }, () => runtime.pointerTo(new SubjectObject(this.#context), Main));
  }

  Myself(): ISubject {
    return this.#context.runtime.pointerTo(this, Main);
  }

  async Keep(subject: ISubject | null): Promise<void> {
    const kept = await subject?.QueryInterface(Main); // a handle of its own: the caller's ends with the call
    this.#letGo();
    this.#kept = kept;
  }

  async AddByKept(a: number, b: number): Promise<number> {
    if (this.#kept === undefined) throw new ComError(0x8000ffff, "nothing is kept");
    return this.#kept.Add(a, b);
  }

  async Kept(): Promise<ISubject | null> {
    return (await this.#kept?.QueryInterface(Main)) ?? null;
  }

  Living(): number {
    return living;
  }

  FinalReleases(): number {
    return finalReleases;
  }

  async Wait(milliseconds: number): Promise<void> {
    // A server nobody needs does not stay for the rest of it.
    await new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
  }

  HeapUsed(): number {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  }

  Echo(_size: number, data: Uint8Array): Uint8Array {
    return data;
  }

  #letGo(): void {
    this.#kept?.Release();
    this.#kept = undefined;
  }
}
