import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, HResult, ManualClock, formatGuid, newGuid } from "../../base/index.ts";
import type { ActivationOrigin } from "../scm/gates.ts";
import type { Machine } from "../scm/machine.ts";
import {
  catalogOf,
  exporterStub,
  programs,
  registration,
  serverClass,
  testClsid,
  testIid,
  testMachine,
} from "./scm-support.ts";

/* Servers that behave badly, as the service control manager sees them. */

const origin: ActivationOrigin = { account: undefined, local: true, authenticationLevel: 6, from: "test" };
const request = (clsid = testClsid) => ({
  clsid,
  iids: [testIid],
  classObject: false,
  destination: "machine" as const,
  origin,
});

test("classes of one AppID that are asked for at once all get its one surrogate", async () => {
  const appId = newGuid();
  const clsids = [testClsid, newGuid(), newGuid()];
  const classes = clsids.map((clsid) =>
    serverClass({ clsid, appId, inprocServer: "module.js", surrogate: "" }),
  );
  let machine: Machine | undefined;
  // A surrogate registers the class it was started for, and makes others when it is asked to.
  const { launch, started } = programs(async (spec, token) => {
    const session = await machine?.join(registration("surrogate", { launchToken: token }), exporterStub());
    const clsid = spec.environment["COMITY_CLSID"] as typeof testClsid;
    await session?.registerClass({ clsid, uses: "surrogate", suspended: false });
  });
  machine = testMachine({ launch, catalog: catalogOf(classes) });
  const all = await Promise.all(clsids.map((clsid) => machine.activate(request(clsid))));
  assert.equal(started.length, 1);
  assert.equal(new Set(all.map((one) => "process" in one && one.process)).size, 1);
});

test("an activation that kills its server kills no more than two", async () => {
  let machine: Machine | undefined;
  const { launch, started } = programs(async (_spec, token, exit) => {
    const session = await machine?.join(
      registration("dying", { launchToken: token }),
      exporterStub({
        activate: async () => {
          await session?.[Symbol.asyncDispose]();
          setTimeout(() => exit({ code: 5, output: "out of paper" }), 20); // the link ends first
          throw new ComError(HResult.RPC_E_CONNECTION_TERMINATED);
        },
      }),
    );
    await session?.registerClass({ clsid: testClsid, uses: "multiple", suspended: false });
  });
  machine = testMachine({ launch, catalog: catalogOf([serverClass({ localServer: "server" })]) });
  await assert.rejects(machine.activate(request()), (error: ComError) => {
    assert.equal(error.code, HResult.RPC_E_SERVER_DIED);
    return /Test\.Class crashed with exit code 5 during the activation.*out of paper/s.test(error.message);
  });
  assert.equal(started.length, 2);
});

test("servers that end in order under an activation are replaced more often", async () => {
  let machine: Machine | undefined;
  let left = 4;
  const { launch, started } = programs(async (_spec, token, exit) => {
    const last = --left === 0;
    const session = await machine?.join(
      registration("ending", { launchToken: token }),
      exporterStub(
        last
          ? {}
          : {
              activate: async () => {
                await session?.[Symbol.asyncDispose]();
                exit({ code: 0 });
                throw new ComError(HResult.RPC_E_CONNECTION_TERMINATED);
              },
            },
      ),
    );
    await session?.registerClass({ clsid: testClsid, uses: "multiple", suspended: false });
  });
  machine = testMachine({ launch, catalog: catalogOf([serverClass({ localServer: "server" })]) });
  assert.ok("process" in (await machine.activate(request())));
  assert.equal(started.length, 4);
});

test("a server that registers other classes is told which, and is not killed", async () => {
  const other = newGuid();
  const clock = new ManualClock();
  let machine: Machine | undefined;
  let served = (): void => undefined;
  const serves = new Promise<void>((resolve) => (served = resolve));
  const state = programs(async (_spec, token) => {
    const session = await machine?.join(registration("wrong", { launchToken: token }), exporterStub());
    await session?.registerClass({ clsid: other, uses: "multiple", suspended: false });
    served();
  });
  machine = testMachine({
    launch: state.launch,
    clock,
    catalog: catalogOf([serverClass({ localServer: "server" })]),
  });
  const activation = machine.activate(request());
  const refused = assert.rejects(activation, (error: ComError) => {
    assert.equal(error.code, HResult.CO_E_SERVER_EXEC_FAILURE);
    return error.message.includes(`only ${formatGuid(other)}`);
  });
  await serves;
  clock.advance(30_001);
  await refused;
  assert.equal(state.killed, 0);
});
