import { type Clock, type Guid, type Logger, guid, silentLogger, systemClock } from "../../base/index.ts";
import { comVersion } from "../com-version.ts";
import { noBindings } from "../dual-string-array.ts";
import type { PingTransport } from "../ping/ping-client.ts";
import type { ExporterCalls, ExporterRegistration } from "../resolver-contract.ts";
import type { ClassCatalog, ServerClass } from "../scm/catalog.ts";
import type { Launch, LaunchExit, LaunchSpec } from "../scm/launcher.ts";
import { Machine } from "../scm/machine.ts";
import { type ScmSettings, defaultScmSettings } from "../scm/settings.ts";

/** The class and the interface of most tests. */
export const testClsid: Guid = guid("c0a1e5ce-0000-4000-8000-000000000001");
export const testIid: Guid = guid("00020400-0000-0000-c000-000000000046");

/** A class as a test registers it. */
export function serverClass(over: Partial<ServerClass> = {}): ServerClass {
  return {
    clsid: testClsid,
    name: "Test.Class",
    appId: undefined,
    localServer: undefined,
    inprocServer: undefined,
    surrogate: undefined,
    remoteServerName: undefined,
    serviceParameters: undefined,
    runAs: undefined,
    authenticationLevel: undefined,
    launchPermission: undefined,
    accessPermission: undefined,
    ...over,
  };
}

export function catalogOf(
  classes: readonly ServerClass[],
  defaults: ReturnType<ClassCatalog["defaults"]> = noDefaults,
): ClassCatalog {
  return {
    find: (clsid) => classes.find((entry) => entry.clsid === clsid),
    defaults: () => defaults,
    settings: () => ({}),
    access: () => undefined,
  };
}

const noDefaults = { launch: undefined, access: undefined };

/** What a process says when it joins. */
export function registration(name: string, over: Partial<ExporterRegistration> = {}): ExporterRegistration {
  return {
    pid: process.pid,
    name,
    bindings: {
      strings: [{ tower: 7, address: "127.0.0.1[4711]" }],
      security: [{ service: 10, principal: "" }],
    },
    ipidRemUnknown: guid("11111111-2222-3333-4444-555555555555"),
    authenticationHint: 6,
    version: comVersion,
    ...over,
  };
}

/** A process that answers each activation with the OBJREF 01 02 03. */
export function exporterStub(over: Partial<ExporterCalls> = {}): ExporterCalls {
  return {
    rundown: () => undefined,
    activate: async ({ iids }) => ({
      interfaces: iids.map((iid) => ({ iid, hresult: 0, objref: new Uint8Array([1, 2, 3]) })),
    }),
    describe: async () => ({
      apartment: { kind: "main", thread: 0 },
      objects: [],
      connections: 3,
      calls: 4,
    }),
    trace: async () => [],
    shutdown: () => undefined,
    ...over,
  };
}

/** A launcher whose programs are functions here. */
export function programs(
  run: (spec: LaunchSpec, token: string, exit: (how: Partial<LaunchExit>) => void) => unknown,
): {
  launch: Launch;
  started: LaunchSpec[];
  killed: number;
} {
  const state = {
    started: [] as LaunchSpec[],
    killed: 0,
    launch: (spec: LaunchSpec) => {
      state.started.push(spec);
      const token = `token-${state.started.length}`;
      let exit: (how: Partial<LaunchExit>) => void = () => undefined;
      const exited = new Promise<LaunchExit>((resolve) => {
        exit = (how) => resolve({ code: 0, signal: undefined, error: undefined, output: "", ...how });
      });
      setImmediate(() => void run(spec, token, exit));
      return { token, pid: 1, exited, output: () => "it said this", kill: () => state.killed++ };
    },
  };
  return state;
}

/** No other machine can be reached. */
const noPings: PingTransport = {
  simplePing: () => Promise.reject(new Error("no network")),
  complexPing: () => Promise.reject(new Error("no network")),
};

export interface TestMachineOptions {
  readonly home?: string;
  readonly catalog?: ClassCatalog;
  readonly settings?: Partial<ScmSettings>;
  readonly clock?: Clock;
  readonly launch?: Launch;
  readonly logger?: Logger;
  readonly pings?: PingTransport;
  readonly giveWay?: () => Promise<void>;
}

/** An SCM without wires. */
export function testMachine(options: TestMachineOptions = {}): Machine {
  const settings = { ...defaultScmSettings, ...options.settings };
  return new Machine({
    home: options.home ?? "/nowhere",
    catalog: options.catalog ?? catalogOf([serverClass()]),
    settings: () => settings,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
    launch:
      options.launch ??
      (() => {
        throw new Error("nothing should be launched");
      }),
    surrogateCommand: ["surrogate"],
    resolverBindings: () => noBindings,
    pings: options.pings ?? noPings,
    giveWay: options.giveWay,
  });
}
