import { Command, InvalidArgumentError } from "commander";
import { pino } from "pino";
import { openMachine } from "../../runtime/index.ts";
import type { Output } from "../output.ts";

interface Flags {
  readonly address: readonly string[];
  readonly port?: number;
  readonly pingPeriod?: number;
  readonly minimumLevel?: number;
  readonly log: string;
}

export function scmCommand(output: Output): Command {
  return new Command("scm")
    .description(
      "run this machine's service control manager: endpoint mapper, activation, object resolver, launching of servers",
    )
    .option(
      "-a, --address <address>",
      "listen here (again for more); default: HKLM\\SOFTWARE\\Comity ListenAddresses, else 127.0.0.1",
      (value: string, list: readonly string[]) => [...list, value],
      [],
    )
    .option(
      "-p, --port <port>",
      "TCP port, 0 for any free one; default: HKLM\\SOFTWARE\\Comity Port, else 135",
      number(0, 65_535),
    )
    .option(
      "--ping-period <milliseconds>",
      "time between pings; three missed ones release a dead client's references (default: 120000)",
      number(10, 86_400_000),
    )
    .option(
      "--minimum-level <level>",
      "lowest authentication level for activations, 1 to 6; below 5 is a risk (default: 5)",
      number(1, 6),
    )
    .option("--log <level>", "debug, info, warn, error or silent", "info")
    .action((flags: Flags) => serve(flags, output));
}

function number(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`a whole number from ${low} to ${high}`);
  };
}

async function serve(flags: Flags, output: Output): Promise<void> {
  const logger = pino({ level: flags.log }, pino.destination({ dest: 2, sync: true }));
  await using machine = await openMachine({
    logger,
    ...(flags.address.length === 0 ? {} : { addresses: flags.address }),
    ...(flags.port === undefined ? {} : { port: flags.port }),
    settings: {
      ...(flags.pingPeriod === undefined ? {} : { pingPeriod: flags.pingPeriod }),
      ...(flags.minimumLevel === undefined ? {} : { minimumActivationLevel: flags.minimumLevel }),
    },
  });
  const places = machine.scm.endpoints.map(({ host, endpoint }) => `${host}[${endpoint}]`);
  output.out(`machine ${machine.scm.home} listens on ${places.join(", ") || "nothing beyond itself"}\n`);
  await stopped();
}

/** Until Ctrl+C or the end of the terminal. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}
