import assert from "node:assert/strict";
import { test } from "node:test";
import { comity, comityProgram } from "./support.ts";

const commands = ["scm", "call", "ps", "register", "unregister", "host", "reg", "account", "idl", "decode"];

test("help lists every command, and each has its own", async () => {
  const { code, out, err } = await comity("--help");
  assert.equal(code, 0);
  assert.equal(err, "");
  for (const command of commands) {
    assert.match(out, new RegExp(`^  ${command}\\b.*\\S`, "m"), command);
    const own = await comity(command, "--help");
    assert.equal(own.code, 0, command);
    assert.match(own.out, new RegExp(`^Usage: comity ${command}`), command);
  }
  assert.equal((await comity("reg", "add", "--help")).code, 0);
});

test("wrong use: exit code 2, what is wrong, and where help is", async () => {
  for (const [args, message] of [
    [["cal"], /unknown command 'cal'/],
    [["call", "OnlyAClass"], /missing required argument 'method'/],
    [["call", "A", "B", "--no-such-option"], /unknown option '--no-such-option'/],
    [["call", "A", "B", "--level", "strongest"], /a level is a name or a number from 1 to 6/],
    [["scm", "--port", "70000"], /a whole number from 0 to 65535/],
    [["idl", "x.idl", "-D", "1bad"], /NAME=TEXT/],
    [["reg"], /Usage: comity reg/],
    [["account", "frobnicate"], /unknown command 'frobnicate'/],
  ] as const) {
    const { code, out, err } = await comity(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, message, args.join(" "));
    assert.equal(out, "", args.join(" "));
  }
  assert.match((await comity("cal")).err, /--help tells more|Did you mean/);
});

test("without a command: the help, exit code 2", async () => {
  const { code, out, err } = await comity();
  assert.equal(code, 2);
  assert.match(out + err, /Usage: comity/);
});

test("the installed program answers with the same exit codes", () => {
  assert.equal(comityProgram(["--help"]).code, 0);
  assert.equal(comityProgram(["cal"]).code, 2);
  const failed = comityProgram(["decode", "/no/such/file"]);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /^comity: .*no such file/m);
  assert.doesNotMatch(failed.err, /\n {4}at /, "no stack trace");
});
