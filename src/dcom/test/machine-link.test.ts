import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, HResult, ManualClock, type Guid, guid, silentLogger } from "../../base/index.ts";
import { noBindings } from "../dual-string-array.ts";
import { MachineLink } from "../exporter/machine-link.ts";
import type {
  ClassRegistration,
  ExporterCalls,
  ExporterRegistration,
  ExporterSession,
  MachineResolver,
  Oxid,
  ResolvedOxid,
} from "../resolver-contract.ts";

const clsid = guid("6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0b01");
const place: ResolvedOxid = {
  bindings: noBindings,
  ipidRemUnknown: guid("00000000-0000-0000-0000-00000000000a"),
  authenticationHint: 1,
  version: { major: 5, minor: 7 },
};

/** An SCM that can be ended at any moment: what is asked then, and what waits for an answer, fails as a lost connection does. */
class Session implements ExporterSession {
  readonly oxid = 1n;
  readonly oidPrefix = 1;
  readonly resolverBindings = noBindings;
  readonly pingPeriod = 1000;
  readonly closed: Promise<void>;
  readonly known = new Map<Oxid, ResolvedOxid>();
  readonly classes = new Map<number, Guid>();
  answers = true;
  #end = (): void => {};
  readonly #open = new Set<(error: unknown) => void>();
  #gone = false;

  constructor() {
    this.closed = new Promise((resolve) => (this.#end = resolve));
  }

  die(): void {
    this.#gone = true;
    for (const reject of this.#open) reject(lost());
    this.#end();
  }

  exported(): void {}
  withdrawn(): void {}
  references(): void {}

  resolve(oxid: Oxid): Promise<ResolvedOxid | undefined> {
    return this.#ask(() => this.known.get(oxid));
  }
  registerClass({ clsid: id }: ClassRegistration): Promise<number> {
    return this.#ask(() => {
      const cookie = this.classes.size + 1;
      this.classes.set(cookie, id);
      return cookie;
    });
  }
  revokeClass(cookie: number): Promise<void> {
    return this.#ask(() => void this.classes.delete(cookie));
  }
  resumeClasses(): Promise<void> {
    return this.#ask(() => undefined);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #ask<T>(answer: () => T): Promise<T> {
    if (this.#gone) return Promise.reject(lost());
    if (this.answers) return Promise.resolve(answer());
    return new Promise((_, reject) => this.#open.add(reject));
  }
}

const lost = (): ComError => new ComError(HResult.RPC_E_CONNECTION_TERMINATED);

async function world() {
  const sessions: Session[] = [];
  const clock = new ManualClock();
  let refusals = 0;
  const resolver = {
    join(): Promise<Session> {
      if (refusals-- > 0) return Promise.reject(new ComError(HResult.RPC_S_SERVER_UNAVAILABLE));
      const session = new Session();
      sessions.push(session);
      return Promise.resolve(session);
    },
  } as unknown as MachineResolver;
  const link = await MachineLink.join({
    resolver,
    clock,
    logger: silentLogger,
    registration: {} as ExporterRegistration,
    exporter: {} as ExporterCalls,
    rejoined: () => undefined,
  });
  /** Lets time and promises pass. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let at = 0; at < milliseconds; at += 250) {
      clock.advance(250);
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const current = (): Session => sessions.at(-1) as Session;
  return { link, pass, current, sessions, refuse: (times: number) => (refusals = times) };
}

const registration: ClassRegistration = { clsid } as ClassRegistration;

test("a question under way when the SCM dies is put to the next one", async () => {
  const { link, pass, current, refuse } = await world();
  current().answers = false;
  const found = link.resolve(7n);
  const cookie = link.registerClass(registration);
  refuse(2);
  current().die();
  const later = link.resolve(7n);
  await pass(2000);
  current().known.set(7n, place);
  await pass(500);
  assert.equal(await found, place);
  assert.equal(await later, place);
  assert.equal(typeof (await cookie), "number");
  assert.deepEqual([...current().classes.values()], [clsid]);
  await link[Symbol.asyncDispose]();
});

test("a process that has not joined the next SCM yet is waited for; one that never comes is unknown", async () => {
  const { link, pass, current } = await world();
  assert.equal(await link.resolve(7n), undefined, "the first SCM knows everybody");
  current().die();
  await pass(500);
  const late = link.resolve(7n);
  const never = link.resolve(8n);
  await pass(3000);
  current().known.set(7n, place);
  await pass(500);
  assert.equal(await late, place);
  await pass(10_000);
  assert.equal(await never, undefined);
  assert.equal(await link.resolve(8n), undefined);
});

test("classes: once with the next SCM, and none that was revoked meanwhile", async () => {
  const { link, pass, current } = await world();
  const kept = await link.registerClass(registration);
  const other = guid("6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0b02");
  const revoked = await link.registerClass({ ...registration, clsid: other });
  current().die();
  await link.revokeClass(revoked);
  await pass(500);
  assert.deepEqual([...current().classes.values()], [clsid]);
  await link.revokeClass(kept);
  assert.equal(current().classes.size, 0);
});

test("an SCM that dies at once is left for the next; without any the question fails in time", async () => {
  const { link, pass, current, sessions, refuse } = await world();
  await link.registerClass(registration);
  current().die();
  await pass(500);
  current().die();
  await pass(1000);
  assert.equal(sessions.length, 3, "one attempt after the other");
  assert.equal(current().classes.size, 1);
  refuse(1000);
  current().die();
  const asked = link.resolve(7n);
  asked.catch(() => undefined);
  await pass(20_000);
  await assert.rejects(asked, { code: HResult.RPC_E_CONNECTION_TERMINATED });
  await link[Symbol.asyncDispose]();
});
