import { type EventSettings, connectionPointOf, fire } from "../../../automation/index.ts";
import { IUnknown, defineClass, defineModule } from "../../../com/index.ts";
import {
  type Awaitable,
  type Interface,
  type MethodDescriptor,
  defineInterface,
} from "../../../ndr/index.ts";
import { hresult, i32, ref } from "../../../ndr/codegen/v1.ts";

/** What a pulse tells. */
export interface IPulseEvents extends IUnknown {
  Beat(count: number): Awaitable<void>;
}

export interface IPulse extends IUnknown {
  /** Tells all sinks. */
  Fire(count: number): Awaitable<void>;
  /** How many sinks are connected. */
  Sinks(): Awaitable<number>;
  /** Lets go of all sinks. */
  CutOff(): Awaitable<void>;
}

const input = { name: "count", type: i32, in: true, out: false };
const output = { name: "count", type: ref(i32), in: false, out: true, retval: true };
const method = (name: string, opnum: number, ...params: MethodDescriptor["params"]): MethodDescriptor => ({
  name,
  opnum,
  params,
  returns: hresult,
});

export const IPulseEvents: Interface<IPulseEvents> = defineInterface<IPulseEvents>({
  name: "IPulseEvents",
  iid: "4bb0c4a1-6a0d-4f5c-8a5e-8f0a3b7c2d21",
  base: () => IUnknown,
  methods: () => [method("Beat", 3, input)],
});

export const IPulse: Interface<IPulse> = defineInterface<IPulse>({
  name: "IPulse",
  iid: "4bb0c4a1-6a0d-4f5c-8a5e-8f0a3b7c2d22",
  base: () => IUnknown,
  methods: () => [method("Fire", 3, input), method("Sinks", 4, output), method("CutOff", 5)],
});

export const pulseClass = "4bb0c4a1-6a0d-4f5c-8a5e-8f0a3b7c2d23";

class Pulse {
  static readonly sources: readonly unknown[] = [IPulseEvents];
  static readonly events: EventSettings = { timeout: 2000 };

  Fire(count: number): void {
    fire(this, IPulseEvents).Beat(count);
  }

  async Sinks(): Promise<number> {
    return (await this.#cookies()).length;
  }

  async CutOff(): Promise<void> {
    using point = connectionPointOf(this, IPulseEvents);
    for (const cookie of await this.#cookies()) await point.Unadvise(cookie);
  }

  async #cookies(): Promise<number[]> {
    using point = connectionPointOf(this, IPulseEvents);
    using connections = await point.EnumConnections();
    const cookies: number[] = [];
    for (;;) {
      const rgcd = (await connections?.Next(16))?.rgcd ?? [];
      if (rgcd.length === 0) return cookies;
      for (const { pUnk, dwCookie } of rgcd) {
        cookies.push(dwCookie);
        pUnk?.[Symbol.dispose]();
      }
    }
  }
}

const module: ReturnType<typeof defineModule> = defineModule({
  classes: [
    defineClass({ clsid: pulseClass, name: "Test.Pulse", interfaces: [IPulse] }, Pulse, {
      threading: "Both",
    }),
  ],
});
export default module;
