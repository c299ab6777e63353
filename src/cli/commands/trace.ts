import { setTimeout as delay } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { ComError, HResult, hex32, nameOfStatus } from "../../base/index.ts";
import { homeFolder } from "../../com/index.ts";
import { LocalMachine, type ProcessSnapshot, type TraceEvent } from "../../dcom/index.ts";
import { type Output, toJson } from "../output.ts";

interface Flags {
  readonly on?: boolean;
  readonly off?: boolean;
  readonly keep: number;
  readonly within?: boolean;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Events kept unless told otherwise. */
const defaultKeep = 2000;
/** How often a followed trace is asked for more, milliseconds. */
const pace = 300;
const eventsPerAnswer = 1000;

export function traceCommand(output: Output): Command {
  return new Command("trace")
    .description(
      "the last calls and objects of the machine's processes: who called what, how long, how it ended",
    )
    .argument("[pid]", "one process; default: all of them")
    .option("--on", "start keeping events")
    .option("--off", "stop, and forget them")
    .option("--within", "with --on or --follow: calls within an apartment, too; they take longer meanwhile")
    .option("--keep <events>", "how many to keep with --on or --follow", count, defaultKeep)
    .option("-f, --follow", "start keeping events and print them as they come, until interrupted")
    .option("--json", "one JSON object for each event")
    .action((pid: string | undefined, flags: Flags) => trace(pid, flags, output));
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 100_000) return value;
  throw new InvalidArgumentError("a number of events is 1 to 100000");
}

async function trace(pid: string | undefined, flags: Flags, output: Output): Promise<void> {
  await using machine = new LocalMachine({ home: homeFolder() });
  const seen = new Map<bigint, number>();
  const starts = flags.on === true || flags.follow === true;
  const start = starts ? { keep: flags.keep, within: flags.within === true } : {};
  const control = flags.off === true ? { keep: 0 } : start;
  do {
    const { processes } = await machine.snapshot();
    const chosen = processes.filter((one) => pid === undefined || String(one.pid) === pid);
    if (chosen.length === 0 && pid !== undefined)
      throw new ComError(HResult.E_INVALIDARG, `no process ${pid} has joined this machine`);
    for (const process of chosen) {
      const after = seen.get(process.oxid) ?? 0;
      const events = await machine.trace(process.oxid, { ...control, after, most: eventsPerAnswer });
      for (const event of events)
        output.out(flags.json ? `${toJson({ pid: process.pid, ...event })}\n` : line(process, event));
      seen.set(process.oxid, events.at(-1)?.number ?? after);
    }
    if (flags.follow === true) await delay(pace);
  } while (flags.follow === true);
}

function line({ pid }: ProcessSnapshot, event: TraceEvent): string {
  const { at, kind, what, took, hresult, caller, causality, object } = event;
  const words = [
    new Date(at).toISOString().slice(11, 23),
    String(pid),
    kind.padEnd(10),
    what,
    object === undefined ? "" : `on ${object}`,
    hresult === undefined ? "" : (nameOfStatus(hresult) ?? hex32(hresult)),
    took === undefined ? "" : `${took} ms`,
    caller === undefined ? "" : `from ${caller}`,
    causality === undefined ? "" : `cause ${causality.slice(0, 8)}`,
  ];
  return `${words.filter((word) => word !== "").join("  ")}\n`;
}
