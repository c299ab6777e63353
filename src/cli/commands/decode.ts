import { openSync, readFileSync, readSync } from "node:fs";
import { Command } from "commander";
import { ComError, HResult } from "../../base/index.ts";
import {
  ChunkSource,
  type DecodeOptions,
  type Explained,
  Notes,
  decodeCapture,
  explain,
  formatPdu,
  isPlainCapture,
  tree,
} from "../../decode/index.ts";
import { type Output, firstLineOfInput, toJson } from "../output.ts";

interface Flags {
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly user?: string;
  readonly domain?: string;
  readonly passwordStdin?: boolean;
}

export function decodeCommand(output: Output): Command {
  return new Command("decode")
    .description(
      "explain MS-RPC and DCOM traffic: a capture (pcap, pcapng), a hex dump, PDUs, an OBJREF, an NTLM or SPNEGO message",
    )
    .argument("<file>", "the file to read; - for standard input")
    .option("--json", "one JSON object for each PDU")
    .option("-v, --verbose", "all fields below each PDU's line")
    .option(
      "--user <user>",
      "open NTLM logons of this user with the password on standard input: verify signatures, decrypt sealed calls",
    )
    .option("--domain <domain>", "domain of the user")
    .option("--password-stdin", "open every NTLM logon with the password on standard input")
    .action((file: string, flags: Flags) => decode(file, flags, output));
}

async function decode(file: string, flags: Flags, output: Output): Promise<void> {
  const withPassword = flags.user !== undefined || flags.passwordStdin === true;
  if (withPassword && file === "-") {
    throw new ComError(HResult.E_INVALIDARG, "standard input cannot be both the capture and the password");
  }
  const notes = new Notes(1000);
  const passwords = withPassword
    ? [
        {
          user: flags.user ?? "",
          password: firstLineOfInput(),
          ...(flags.domain === undefined ? {} : { domain: flags.domain }),
        },
      ]
    : undefined;
  const explained = explainFile(file, { notes, passwords });
  if (explained.kind === "value") {
    output.out(
      flags.json
        ? `${toJson(explained.value)}\n`
        : `${tree(explained.name, explained.value, 0).join("\n")}\n`,
    );
  } else {
    for (const pdu of explained.pdus) {
      output.out(flags.json ? `${toJson(pdu)}\n` : `${formatPdu(pdu, { verbose: flags.verbose })}\n`);
      await output.drained?.();
    }
  }
  for (const { frame, text } of notes.list)
    output.err(frame === 0 ? `note: ${text}\n` : `note: frame ${frame}: ${text}\n`);
}

/** A capture is read piece by piece; what has to be seen whole (in gzip, or no capture) is small. */
function explainFile(file: string, options: DecodeOptions): Explained {
  if (file === "-") return explain(readFileSync(0), options);
  const handle = openSync(file, "r"); // open until the process ends: PDUs are read as they are printed
  const source = new ChunkSource((target) => readSync(handle, target));
  if (isPlainCapture(source.peek(28))) return { kind: "pdus", pdus: decodeCapture(source, options) };
  return explain(readFileSync(file), options);
}
