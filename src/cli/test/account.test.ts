import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { TestHome, comity, comityProgram } from "./support.ts";

test("accounts: add, list, disable, enable, password, remove", async () => {
  using home = new TestHome();
  assert.deepEqual(await comity("account", "list", "--json"), { code: 0, out: "[]\n", err: "" });
  const added = await comity("account", "add", "alice", "Correct-Horse-7");
  assert.equal(added.code, 0);
  assert.match(added.out, /^alice S-1-5-21-\d+-\d+-\d+-\d+\n$/);
  assert.equal(comityProgram(["account", "add", "bob", "-"], { input: "Battery-Staple-8\n" }).code, 0);
  assert.equal((await comity("account", "disable", "bob")).code, 0);
  const list = await comity("account", "list");
  assert.match(list.out, /^ACCOUNT +SID/);
  assert.match(list.out, /^alice +S-1-5-21-[\d-]+$/m);
  assert.match(list.out, /^bob +S-1-5-21-[\d-]+ +disabled$/m);
  assert.equal((await comity("account", "enable", "bob")).code, 0);
  assert.equal((await comity("account", "password", "bob", "New-Words-9")).code, 0);
  assert.equal((await comity("account", "remove", "alice")).code, 0);
  const left = JSON.parse((await comity("account", "list", "--json")).out) as {
    name: string;
    disabled?: boolean;
  }[];
  assert.deepEqual(
    left.map(({ name, disabled }) => [name, disabled === true]),
    [["bob", false]],
  );
  const file = `${home.path}/accounts.json`;
  assert.equal(statSync(file).mode & 0o777, 0o600, "for the owner alone");
  assert.doesNotMatch(readFileSync(file, "utf8"), /Battery-Staple|New-Words/, "no password in clear");
});

test("what cannot be done is said in words", async () => {
  using _ = new TestHome();
  await comity("account", "add", "alice", "one");
  for (const [args, message] of [
    [["add", "ALICE", "two"], /there is an account ALICE already/],
    [["add", "a/b", "two"], /not an account name/],
    [["remove", "bob"], /there is no account bob/],
    [["password", "bob", "three"], /there is no account bob/],
  ] as const) {
    const { code, err, out } = await comity("account", ...args);
    assert.equal(code, 1, args.join(" "));
    assert.match(err, message);
    assert.equal(out, "");
    assert.doesNotMatch(err, /two|three/, "no secret in the message");
  }
  const nothing = comityProgram(["account", "add", "carol", "-"], { input: "" });
  assert.equal(nothing.code, 1);
  assert.match(nothing.err, /no password on standard input/);
});
