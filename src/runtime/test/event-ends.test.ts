import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { advise, events } from "../../automation/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import {
  type IUnknown,
  type Runtime,
  implement,
  isGone,
  marshalInterThreadInterfaceInStream,
  pointerTo,
} from "../../com/index.ts";
import { openApartment } from "../index.ts";
import { IPulse, IPulseEvents, pulseClass } from "./threads/pulse.ts";
import { withRuntime } from "./threads/support.ts";

const pulseModule = fileURLToPath(new URL("./threads/pulse.js", import.meta.url));
const program = fileURLToPath(new URL("./threads/pulse-process.js", import.meta.url));
const CONNECT_E_NOCONNECTION = 0x80040200;

const withPulse = (run: (com: Runtime) => Promise<void>): Promise<void> =>
  withRuntime({}, async (com) => {
    await com.registerModule(pulseModule);
    await run(com);
  });

class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly told: Promise<string>;

  constructor(com: Runtime, ...args: readonly string[]) {
    this.#child = fork(program, [com.home, ...args]);
    this.told = once(this.#child, "message").then(([message]) => String(message));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }
}

const pulseOf = (com: Runtime, objref: string): IPulse =>
  com.marshaler.unmarshalInterface(IPulse.iid, Buffer.from(objref, "hex")) as IPulse;

/** What a loop threw after it had taken one event. */
async function endOf(pulse: IPulse, end: () => unknown, probe?: number): Promise<ComError> {
  const stream = events(pulse, IPulseEvents, probe === undefined ? {} : { probe });
  await stream.ready();
  await pulse.Fire(1);
  const taken: number[] = [];
  try {
    for await (const { args } of stream) {
      taken.push(args[0]);
      if (args[0] === 1) await end();
    }
  } catch (error) {
    assert.deepEqual(taken, [1]);
    return ComError.from(error);
  }
  return assert.fail("the loop ended without a word");
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let times = 0; !(await condition()); times++) {
    assert.ok(times < 400);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test("a loop over events throws when the source's thread dies, its process is killed, or it lets the sink go", () =>
  withPulse(async (com) => {
    const own = await openApartment(com, "multi");
    using near = await own.createInstance(pulseClass, IPulse);
    assert.ok(isGone((await endOf(near, () => own.terminate())).code));

    await using other = await openApartment(com, "multi");
    using cutting = await other.createInstance(pulseClass, IPulse);
    assert.equal((await endOf(cutting, () => cutting.CutOff())).code, CONNECT_E_NOCONNECTION);

    await using source = new Program(com, "source");
    using far = pulseOf(com, await source.told);
    assert.ok(isGone((await endOf(far, () => source[Symbol.asyncDispose]())).code));

    await using second = new Program(com, "source");
    using asked = pulseOf(com, await second.told);
    const started = performance.now();
    assert.ok(isGone((await endOf(asked, () => second[Symbol.asyncDispose](), 100)).code));
    assert.ok(performance.now() - started < 2000, "it was asked, and did not have to be missed");
  }));

test("a dead client's sink is taken out at the next event: of a killed process, of a thread that was ended", () =>
  withPulse(async (com) => {
    using pulse = await com.createInstance(pulseClass, IPulse);
    const bytes = await com.marshaler.marshalWhenReady(IPulse.iid, pulse, { destination: "local" });
    const listening = new Program(com, "listen", Buffer.from(bytes).toString("hex"));
    await listening.told;
    const apartment = await openApartment(com, "single");
    const stream = await marshalInterThreadInterfaceInStream(com, IPulse, pulse);
    await apartment.run(new URL("./threads/listener.js", import.meta.url), stream);
    assert.equal(await pulse.Sinks(), 2);
    await apartment.terminate();
    await pulse.Fire(1);
    await until(async () => (await pulse.Sinks()) === 1);
    await listening[Symbol.asyncDispose]();
    await pulse.Fire(2);
    await until(async () => (await pulse.Sinks()) === 0);
  }));

test("a weak sink ends its connection with its last reference, over a thread", () =>
  withPulse(async (com) => {
    await using own = await openApartment(com, "single");
    using pulse = await own.createInstance(pulseClass, IPulse);
    const heard: number[] = [];
    class Sink {
      Beat(count: number): void {
        heard.push(count);
      }
    }
    implement(Sink, IPulseEvents);
    const sink = new Sink();
    await assert.rejects(advise(pulse, IPulseEvents, sink, { weak: true }), { code: HResult.E_INVALIDARG });
    const held: IUnknown = pointerTo(sink, IPulseEvents, com);
    await advise(pulse, IPulseEvents, sink, { weak: true });
    await pulse.Fire(1);
    await until(() => heard.length === 1);
    assert.equal(await pulse.Sinks(), 1);
    held[Symbol.dispose]();
    await until(async () => (await pulse.Sinks()) === 0);
    await assert.rejects(advise(pulse, IPulseEvents, pulse, { weak: true }), { code: HResult.E_INVALIDARG });
  }));

test("onLost is told once, and not of one's own end", () =>
  withPulse(async (com) => {
    await using own = await openApartment(com, "single");
    using pulse = await own.createInstance(pulseClass, IPulse);
    const lost: ComError[] = [];
    const onLost = (error: ComError): void => void lost.push(error);
    const first = await advise(pulse, IPulseEvents, { Beat: () => undefined }, { onLost });
    await first.unadvise();
    await advise(pulse, IPulseEvents, { Beat: () => undefined }, { onLost, probe: 50 });
    await pulse.CutOff();
    await until(() => lost.length > 0);
    await own.terminate();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(
      lost.map(({ code }) => code),
      [CONNECT_E_NOCONNECTION],
    );
  }));
