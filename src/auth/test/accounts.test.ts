import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { toHex } from "../../base/index.ts";
import { FileAccountStore, ntHash, ntlmClient, ntlmServer } from "../index.ts";
import { logon, refused } from "./support.ts";

/** Runs with an empty home folder and removes it afterwards. */
async function withHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "comity-accounts-"));
  try {
    await work(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

test("accounts are added, listed, changed and removed; identifiers are not used twice", () =>
  withHome(async (parent) => {
    const home = join(parent, "not", "yet", "there");
    const store = new FileAccountStore(home, "PLC-7");
    assert.deepEqual(store.list(), []);
    assert.equal(store.lookup("", "anna"), undefined);
    const machine = await store.ensureMachineSid();
    assert.match(machine, /^S-1-5-21-\d+-\d+-\d+$/);
    assert.deepEqual(await store.add("Anna", "secret", { description: "operator" }), {
      name: "Anna",
      sid: `${machine}-1000`,
      description: "operator",
    });
    assert.equal((await store.add("Administrator", "x")).sid, `${machine}-500`);
    assert.equal((await store.add("Bert", "x", { disabled: true })).sid, `${machine}-1001`);
    await refused(() => store.add("ANNA", "other"), undefined, /an account ANNA already/, 0x800700b7);
    assert.deepEqual(
      store.list().map(({ name }) => name),
      ["Anna", "Administrator", "Bert"],
    );
    const anna = store.lookup("anything", "aNNa");
    assert.deepEqual(
      [anna?.name, anna?.sid, anna?.domain, anna?.disabled],
      ["Anna", `${machine}-1000`, "PLC-7", false],
    );
    assert.equal(toHex(anna?.ntHash as Uint8Array), toHex(ntHash("secret")));
    assert.equal(store.lookup("", "bert")?.disabled, true);
    await store.setDisabled("bert", false);
    assert.equal(store.lookup("", "bert")?.disabled, false);
    await store.changePassword("anna", "new");
    assert.equal(toHex(store.lookup("", "anna")?.ntHash as Uint8Array), toHex(ntHash("new")));
    await store.remove("bert");
    assert.equal(store.lookup("", "bert"), undefined);
    assert.equal((await store.add("Bert", "x")).sid, `${machine}-1002`);
    await refused(() => store.remove("nobody"), undefined, /no account nobody/);
    await refused(() => store.changePassword("nobody", "x"), undefined, /no account nobody/);
    for (const name of ["", "a/b", "a\\b", "...", "a\nb", "x".repeat(105)]) {
      await refused(() => store.add(name, "x"), undefined, /not an account name/, 0x80070057);
    }
    assert.equal(store.machineSid, machine);
  }));

test(
  "the file is the owner's alone, holds no password, and is refused when others can use it",
  { skip: process.platform === "win32" },
  () =>
    withHome(async (home) => {
      const store = new FileAccountStore(home);
      await store.add("Anna", "correct horse");
      assert.equal(statSync(store.path).mode & 0o777, 0o600);
      assert.ok(!readFileSync(store.path, "utf8").includes("correct horse"));
      assert.deepEqual(readdirSync(home), ["accounts.json"], "no draft and no lock stay behind");
      for (const mode of [0o640, 0o604, 0o660, 0o620]) {
        chmodSync(store.path, mode);
        await refused(
          () => store.lookup("", "Anna"),
          "file permissions",
          /can be used by others.*chmod 600/,
          0x80070005,
        );
        await refused(() => store.add("Bert", "x"), "file permissions", /can be used by others/);
      }
      chmodSync(store.path, 0o600);
      assert.ok(store.lookup("", "Anna"));
      const elsewhere = join(home, "elsewhere");
      rmSync(store.path);
      writeFileSync(elsewhere, "{}", { mode: 0o600 });
      symlinkSync(elsewhere, store.path);
      assert.throws(() => store.lookup("", "Anna"), /ELOOP|symbolic link/);
    }),
);

test("several programs share the file: changes are seen, none is lost", () =>
  withHome(async (home) => {
    const one = new FileAccountStore(home);
    const two = new FileAccountStore(home);
    await one.add("Anna", "1");
    assert.ok(two.lookup("", "Anna"));
    const names = Array.from({ length: 12 }, (_, i) => `user${i}`);
    await Promise.all(names.map((name, i) => (i % 2 === 0 ? one : two).add(name, name)));
    for (const store of [one, two]) {
      assert.deepEqual(
        store
          .list()
          .map(({ name }) => name)
          .toSorted(),
        ["Anna", ...names].toSorted(),
      );
      assert.equal(new Set(store.list().map(({ sid }) => sid)).size, 13);
    }
    await two.remove("Anna");
    assert.equal(one.lookup("", "Anna"), undefined);
  }));

test("a damaged file is an error that quotes no secret", () =>
  withHome(async (home) => {
    const store = new FileAccountStore(home);
    await store.add("Anna", "1");
    const good = readFileSync(store.path, "utf8");
    const secret = toHex(ntHash("1"));
    const damage: readonly (readonly [(text: string) => string, RegExp])[] = [
      [(text) => text.slice(0, -20), /not JSON/],
      [() => "[]", /version is not 1/],
      [(text) => text.replace("S-1-5-21", "S-9"), /machineSid is no SID/],
      [(text) => text.replace(secret, secret.slice(2)), /account Anna has no NT hash/],
      [(text) => text.replace('"Anna"', '""'), /account 0 has no name/],
      [(text) => text.replace(/"nextRid": \d+/, '"nextRid": "x"'), /nextRid is no number/],
    ];
    for (const [change, message] of damage) {
      writeFileSync(store.path, change(good));
      const error = await refused(() => store.lookup("", "Anna"), undefined, message);
      assert.ok(!`${error.message} ${String(error.cause)}`.includes(secret.slice(2)));
    }
    writeFileSync(store.path, good);
    assert.ok(store.lookup("", "Anna"));
  }));

test("a lock that a dead program left behind is passed over in time", () =>
  withHome(async (home) => {
    const store = new FileAccountStore(home);
    await store.add("Anna", "1");
    const lock = `${store.path}.lock`;
    writeFileSync(lock, "");
    const { utimesSync } = await import("node:fs");
    utimesSync(lock, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
    await store.add("Bert", "1");
    assert.equal(store.list().length, 2);
  }));

test("a logon with an account of the file", () =>
  withHome(async (home) => {
    const accounts = new FileAccountStore(home, "PLC-7");
    const { sid } = await accounts.add("Anna", "secret");
    const server = ntlmServer({ accounts, machineName: "PLC-7" });
    const pair = await logon(ntlmClient({ user: "anna", password: "secret" }), server, 6);
    assert.deepEqual(pair.server.identity, {
      account: "Anna",
      domain: "PLC-7",
      sid,
      anonymous: false,
      service: 10,
      impersonation: 3,
    });
    await accounts.changePassword("Anna", "changed");
    const old = ntlmClient({ user: "anna", password: "secret" });
    await refused(() => logon(old, server, 6), "logon", /wrong password/);
  }));
