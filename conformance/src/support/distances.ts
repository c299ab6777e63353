import { type CreateOptions, type IClassFactory, type IUnknown, type Interface, Runtime } from "comity";
import type { ClassName, InterfaceResults } from "comity/com";
import { IMissing, ISubject, ISubjectLab, Subject } from "../gen/subject.js";
import type { Ground } from "../suites/suite.js";
import { TestMachine, newHome, registerSubjectServer, removeHome, subjectModulePath } from "./machine.js";
import { runs, until } from "./wait.js";

/** One way from a client to its objects. Everything else about them must be the same. */
export interface Distance {
  readonly name: string;
  /** Whether the objects live in the client's process. */
  readonly here: boolean;
  open(): Promise<Place>;
}

/** A client and where its objects are made. Closing it asserts that nothing is left over. */
export interface Place extends AsyncDisposable {
  readonly com: Runtime;
  create(): Promise<ISubject>;
  /** One object, asked for three interfaces in one round trip; it does not have the second. */
  createEx(): Promise<InterfaceResults<typeof several>>;
  classObject(): Promise<IClassFactory>;
  /** The same way to any class of the servers: what the suites of interfaces run on. */
  readonly ground: Ground;
}

const several = [ISubject, IMissing, ISubjectLab] as const;

function place(com: Runtime, options: CreateOptions, close: () => Promise<void>): Place {
  return {
    com,
    create: () => com.createInstance(Subject, ISubject, options),
    createEx: () => com.createInstanceEx(Subject, several, options),
    classObject: () => com.getClassObject(Subject, undefined, options),
    ground: groundOf(com, options),
    [Symbol.asyncDispose]: close,
  };
}

function groundOf(com: Runtime, options: CreateOptions): Ground {
  return {
    com,
    create: <T extends IUnknown>(name: ClassName, iface?: Interface<T>): Promise<T> =>
      iface === undefined
        ? com.createInstance(name as ClassName<T>, undefined, options)
        : com.createInstance(name, iface, options),
    createEx: (name, interfaces) => com.createInstanceEx(name, interfaces, options),
    classObject: <T extends IUnknown>(name: ClassName, iface?: Interface<T>): Promise<T & IClassFactory> =>
      com.getClassObject(name, iface as Interface<T>, options) as Promise<T & IClassFactory>,
  };
}

const LOCAL_SERVER = 4;

export const distances: readonly Distance[] = [
  { name: "in process", here: true, open: inProcess },
  { name: "another thread", here: true, open: inThread },
  { name: "a local server program", here: false, open: () => onThisMachine("program") },
  { name: "a local server program, no SCM running", here: false, open: withoutScm },
  { name: "the default surrogate", here: false, open: () => onThisMachine("surrogate") },
  { name: "another machine, sealed", here: false, open: () => elsewhere("program", 6) },
  { name: "another machine, signed", here: false, open: () => elsewhere("program", 5) },
  { name: "another machine's surrogate", here: false, open: () => elsewhere("module", 6) },
];

async function inProcess(): Promise<Place> {
  const home = newHome();
  const com = await Runtime.open({ home, leaks: "throw" });
  await com.registerModule(subjectModulePath);
  return place(com, {}, async () => {
    await com.close();
    removeHome(home);
  });
}

/** The client is a single-threaded apartment, its classes live in the multithreaded one. */
async function inThread(): Promise<Place> {
  const home = newHome();
  const com = await Runtime.open({ home, leaks: "throw", apartment: "single", threads: 1 });
  await com.registerModule(subjectModulePath);
  await com.registry.edit((keys) => {
    for (const clsid of com.classes.list())
      keys.set(`HKCR\\CLSID\\{${clsid}}\\InprocServer32`, "ThreadingModel", "Free");
  });
  return place(com, {}, async () => {
    await com.close();
    removeHome(home);
  });
}

/** The first program that needs an SCM holds one inside itself. */
async function withoutScm(): Promise<Place> {
  const home = newHome();
  await registerSubjectServer(home);
  const com = await Runtime.open({ home, leaks: "throw" });
  const servers = new Set<number>();
  const made = place(com, {}, async () => {
    await com.close();
    for (const pid of servers) await until(() => !runs(pid), "the server to end by itself");
    removeHome(home);
  });
  return {
    ...made,
    async create() {
      const subject = await made.create();
      servers.add(await subject.ProcessId());
      return subject;
    },
  };
}

async function onThisMachine(subject: "program" | "surrogate"): Promise<Place> {
  const machine = await TestMachine.open({ subject });
  const com = await machine.runtime();
  return place(com, { context: LOCAL_SERVER }, async () => {
    await com.close();
    await machine[Symbol.asyncDispose]();
  });
}

let lastAddress = 1;

/** A default surrogate has no account to call its clients with: this one lets everybody call it back. */
const calledByAnybody = { minimumLevel: 1, accessGate: () => true } as const;

async function elsewhere(subject: "program" | "module", authenticationLevel: 5 | 6): Promise<Place> {
  const far = await TestMachine.open({ subject, address: `127.0.0.${++lastAddress}` });
  const near = await TestMachine.open({ subject: "none" });
  const com = await near.runtime({
    remoting: { authenticationLevel, ...(subject === "module" ? calledByAnybody : {}) },
  });
  return place(com, { machine: far.name }, async () => {
    await com.close();
    await near[Symbol.asyncDispose]();
    await far[Symbol.asyncDispose]();
  });
}
