// A client process that does what it is told over its IPC channel; see support/client-process.ts.
import { Runtime } from "comity";
import { ISubject, ISubjectLab, Subject } from "../gen/subject.js";
import type { Answer, ClientOptions, Command } from "../support/client-messages.js";

interface Client {
  readonly com: Runtime;
  readonly lab: ISubjectLab;
  readonly subjects: ISubject[];
}

const clients: Client[] = [];
/** A call that is never answered must be told, not waited for. */
const timeout = 60_000;

/** Several runtimes of one process are several clients: each has connections of its own. */
async function open({ home, machine, credentials, runtimes, context }: ClientOptions): Promise<number> {
  for (let i = 0; i < runtimes; i++) {
    const com = await Runtime.open({ home, credentials });
    const options = machine === undefined ? {} : { machine };
    const place = context === undefined ? options : { ...options, context };
    using subject = await com.createInstance(Subject, ISubject, place);
    clients.push({ com, lab: await subject.QueryInterface(ISubjectLab), subjects: [] });
  }
  return clients.length;
}

async function spawn(count: number): Promise<number> {
  const made = await Promise.all(clients.map(async ({ lab }) => lab.SpawnMany(count, { timeout })));
  for (const [i, subjects] of made.entries()) {
    for (const subject of subjects) if (subject !== null) clients[i]?.subjects.push(subject);
  }
  return clients.reduce((sum, { subjects }) => sum + subjects.length, 0);
}

/** Calls each object once; answers how many calls went wrong. */
async function call(): Promise<number> {
  const wrong = await Promise.all(clients.map(async ({ subjects }) => wrongAnswers(subjects)));
  return wrong.reduce((sum, count) => sum + count, 0);
}

async function wrongAnswers(subjects: readonly ISubject[]): Promise<number> {
  let wrong = 0;
  const atOnce = 16;
  const worker = async (first: number): Promise<void> => {
    for (let i = first; i < subjects.length; i += atOnce) {
      const sum = await Promise.resolve(subjects[i]?.Add(i, 1, { timeout })).catch((error: unknown) =>
        String(error),
      );
      if (sum === i + 1) continue;
      if (wrong++ === 0) process.stderr.write(`an object answered ${sum}\n`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, first) => worker(first)));
  return wrong;
}

async function close(): Promise<number> {
  for (const { com, lab, subjects } of clients.toReversed()) {
    for (const subject of subjects) subject.Release();
    lab.Release();
    await com.close();
  }
  process.disconnect?.();
  return 0;
}

function run(command: Command): Promise<number> {
  switch (command.kind) {
    case "open":
      return open(command.options);
    case "spawn":
      return spawn(command.count);
    case "call":
      return call();
    case "close":
      return close();
    default:
      throw new Error("an unknown command");
  }
}

process.on("message", (command: Command) => {
  run(command).then(
    (value) => process.connected && process.send?.({ id: command.id, value } satisfies Answer),
    (error: unknown) =>
      process.connected && process.send?.({ id: command.id, error: String(error) } satisfies Answer),
  );
});
