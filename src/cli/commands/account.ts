import { Command } from "commander";
import { FileAccountStore } from "../../auth/index.ts";
import { homeFolder } from "../../com/index.ts";
import { type Output, firstLineOfInput, table, toJson } from "../output.ts";

/** `comity account add|remove|list|password|disable|enable`: who may log on to this machine. */
export function accountCommand(output: Output): Command {
  const command = new Command("account").description(
    "the accounts of this machine (in COMITY_HOME; only their owner can read the secrets)",
  );
  const password = "the password; better: - reads the first line of standard input";
  command
    .command("add")
    .description("add an account")
    .argument("<name>")
    .argument("<password>", password)
    .action(async (name: string, secret: string) => {
      const { sid } = await store().add(name, read(secret));
      output.out(`${name} ${sid}\n`);
    });
  command
    .command("remove")
    .description("remove an account")
    .argument("<name>")
    .action((name: string) => store().remove(name));
  command
    .command("password")
    .description("change the password of an account")
    .argument("<name>")
    .argument("<password>", password)
    .action((name: string, secret: string) => store().changePassword(name, read(secret)));
  for (const [verb, disabled] of [
    ["disable", true],
    ["enable", false],
  ] as const) {
    command
      .command(verb)
      .description(`${verb} an account`)
      .argument("<name>")
      .action((name: string) => store().setDisabled(name, disabled));
  }
  command
    .command("list")
    .description("list the accounts")
    .option("--json", "as JSON")
    .action((flags: { json?: boolean }) => {
      const accounts = store().list();
      if (flags.json) output.out(`${toJson(accounts)}\n`);
      else
        output.out(
          table(
            ["ACCOUNT", "SID", ""],
            accounts.map((one) => [one.name, one.sid, one.disabled ? "disabled" : ""]),
          ),
        );
    });
  return command;
}

function store(): FileAccountStore {
  return new FileAccountStore(homeFolder());
}

function read(secret: string): string {
  return secret === "-" ? firstLineOfInput() : secret;
}
