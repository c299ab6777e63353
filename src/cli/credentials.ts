import { type Command, InvalidArgumentError } from "commander";
import { AuthnLevel } from "../auth/index.ts";
import type { ServerInfo } from "../com/index.ts";
import { ComError, HResult } from "../base/index.ts";
import { firstLineOfInput } from "./output.ts";

export interface ServerFlags {
  readonly machine?: string;
  readonly user?: string;
  readonly passwordStdin?: boolean;
  readonly level?: number;
}

const levels: Readonly<Record<string, number>> = AuthnLevel;

/** Adds the options that say which machine, as whom, how well protected. */
export function withServerOptions(command: Command): Command {
  return command
    .option("-m, --machine <host[port]>", "the machine; its SCM's port in brackets when it is not 135")
    .option(
      "-u, --user <[DOMAIN\\]user>",
      "who to be there; the password comes from COMITY_PASSWORD or --password-stdin",
    )
    .option("--password-stdin", "read the password from the first line of standard input")
    .option(
      "-l, --level <level>",
      `authentication level: ${Object.keys(levels).join(", ")} or 1 to 6 (default: privacy)`,
      level,
    );
}

function level(text: string): number {
  const value = levels[text.toLowerCase()] ?? Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 6) return value;
  throw new InvalidArgumentError("a level is a name or a number from 1 to 6");
}

/** The options as COSERVERINFO. */
export function serverInfo(flags: ServerFlags): ServerInfo {
  const { machine, user } = flags;
  if (machine === undefined && user !== undefined) {
    throw new ComError(
      HResult.E_INVALIDARG,
      "--user goes with --machine: on this machine you are who you are",
    );
  }
  return {
    ...(machine === undefined ? {} : { machine }),
    ...(user === undefined ? {} : { credentials: { ...splitUser(user), password: password(flags) } }),
    ...(flags.level === undefined ? {} : { authenticationLevel: flags.level }),
  };
}

function splitUser(text: string): { readonly user: string; readonly domain?: string } {
  const at = text.indexOf("\\");
  return at < 0 ? { user: text } : { domain: text.slice(0, at), user: text.slice(at + 1) };
}

function password(flags: ServerFlags): string {
  if (flags.passwordStdin) return firstLineOfInput();
  const given = process.env["COMITY_PASSWORD"];
  if (given !== undefined) return given;
  throw new ComError(
    HResult.E_INVALIDARG,
    "the password of --user: set COMITY_PASSWORD or give --password-stdin",
  );
}
