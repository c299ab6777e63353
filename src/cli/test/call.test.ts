import assert from "node:assert/strict";
import { test } from "node:test";
import { ScmProgram, TestHome, comity, comityProgram, greeterPath } from "./support.ts";

const progId = "Comity.Test.Greeter";

test("register, call, unregister", async () => {
  using _ = new TestHome();
  const registered = await comity("register", greeterPath);
  assert.equal(registered.code, 0, registered.err);
  assert.match(
    (await comity("reg", "query", `HKCR\\${progId}`, "-s")).out,
    /3D5A2C60-77B1-4C5E-8A01-9F20C1E5C10F/,
  );
  const add = await comity("call", progId, "Add", "2", "40");
  assert.deepEqual(add, { code: 0, out: "42\n", err: "" });
  assert.equal(
    (await comity("call", `${progId}.1`, "add", "i4:-2", "i2:3")).out,
    "1\n",
    "names have no case",
  );
  const byClsid = await comity("call", "{3d5a2c60-77b1-4c5e-8a01-9f20c1e5c10f}", "Half", "5");
  assert.equal(byClsid.out, "2.5\n");
  const json = await comity("call", progId, "Half", "r8:5", "--json");
  assert.deepEqual(JSON.parse(json.out), { vt: 5, type: "VT_R8", value: 2.5 });
  assert.equal((await comity("call", progId, "Count", "--get")).out, "7\n");
  assert.equal((await comity("call", progId, "Count", "--set", "9")).code, 0);
  assert.equal((await comity("unregister", greeterPath)).code, 0);
  assert.equal((await comity("call", progId, "Add", "1", "1")).code, 1);
});

test("what fails is said in words", async () => {
  using _ = new TestHome();
  await comity("register", greeterPath);
  for (const [args, message] of [
    [["call", "No.Such.Class", "Add"], /"No\.Such\.Class" is neither a CLSID nor a ProgID/],
    [["call", progId, "Subtract", "1"], /DISP_E_UNKNOWNNAME/],
    [["call", progId, "Add", "1"], /DISP_E_BADPARAMCOUNT/],
    [["call", progId, "Add", "i4:much", "1"], /"much" is not a whole number/],
    [["call", progId, "Fail"], /the greeter is hoarse/],
    [["call", progId, "Add", "1", "1", "--user", "alice"], /--user goes with --machine/],
    [["register", "/no/such/module.js"], /there is no module/],
    [["register", import.meta.filename ?? ""], /DllGetClassObject|no module/],
  ] as const) {
    const { code, err, out } = await comity(...args);
    assert.equal(code, 1, args.join(" "));
    assert.match(err, /^comity: /);
    assert.match(err, message, args.join(" "));
    assert.equal(out, "");
  }
});

test("a machine: scm, ps, calls from elsewhere", async () => {
  using _ = new TestHome();
  await comity("register", greeterPath);
  await comity("account", "add", "alice", "Correct-Horse-7");
  await using scm = await ScmProgram.start(["--port", "0", "--log", "silent"]);
  const port = /^machine .* listens on 127\.0\.0\.1\[(\d+)\]$/.exec(scm.greeting)?.[1];
  assert.ok(port, scm.greeting);
  assert.deepEqual(
    await comity("trace", "--off"),
    { code: 0, out: "", err: "" },
    "nobody is there to be asked",
  );
  const second = comityProgram(["scm", "--port", "0"]);
  assert.equal(second.code, 1);
  assert.match(second.err, /a service control manager runs already for/);

  const machine = `127.0.0.1[${port}]`;
  const call = (...more: string[]): string[] => ["call", progId, "Add", "2", "40", "-m", machine, ...more];
  const env = { COMITY_PASSWORD: "Correct-Horse-7" };
  const good = comityProgram(call("-u", "alice"), { env });
  assert.deepEqual(good, { code: 0, out: "42\n", err: "" });
  const byInput = comityProgram(call("-u", "X\\alice", "--password-stdin", "-l", "integrity"), {
    input: "Correct-Horse-7\n",
  });
  assert.equal(byInput.out, "42\n", byInput.err);

  const snapshot = JSON.parse((await comity("ps", "--json")).out) as {
    pid: number;
    processes: { pid: number; name: string; surrogateFor?: string }[];
  };
  assert.equal(snapshot.pid, scm.pid);
  const host = snapshot.processes.find(({ surrogateFor }) => surrogateFor !== undefined);
  assert.equal(host?.name, "comity host");
  const shown = await comity("ps");
  assert.match(shown.out, /^scm +process \d+, listens on .*127\.0\.0\.1\[\d+\]/m);
  assert.match(shown.out, new RegExp(`^${host?.pid} +comity host +surrogate`, "m"));
  assert.match((await comity("ps", "--objects")).out, /RemUnknown/);
  const tree = (await comity("ps", "--tree")).out;
  assert.match(
    tree,
    new RegExp(
      `─ ${host?.pid}  comity host  surrogate\\n.* apartment .*thread 0  [0-9a-f]+ .*\\n.*class .*\\n.* object .*\\n.*  \\d+ reference`,
    ),
  );

  assert.equal((await comity("trace", "--on")).code, 0);
  assert.deepEqual(comityProgram(call("-u", "alice"), { env }), { code: 0, out: "42\n", err: "" });
  const traced = (await comity("trace", String(host?.pid))).out;
  assert.match(traced, /in {10}IDispatch\.Invoke .* S_OK .* from .* cause [0-9a-f]{8}/);
  assert.match(traced, /activation/);
  const events = (await comity("trace", "--json")).out.trim().split("\n");
  assert.ok(events.every((event) => typeof (JSON.parse(event) as { number: unknown }).number === "number"));
  assert.equal((await comity("trace", "--off")).out, "");
  assert.match((await comity("trace", "1")).err, /no process 1 has joined/);

  for (const [args, password, message] of [
    [call("-u", "alice"), "wrong", /E_ACCESSDENIED/],
    [call("-u", "mallory"), "Correct-Horse-7", /E_ACCESSDENIED/],
    [call("-u", "alice", "-l", "connect"), "Correct-Horse-7", /E_ACCESSDENIED/],
    [call(), "", /credentials are needed \[refused by: logon\]/],
  ] as const) {
    const { code, err } = comityProgram(args, { env: { COMITY_PASSWORD: password } });
    assert.equal(code, 1);
    assert.match(err, message);
    assert.ok(!err.includes("Correct-Horse-7"));
  }
  try {
    process.kill(host?.pid ?? 0);
  } catch {
    // On a slow machine nobody has needed it for so long that it ended by itself.
  }
  assert.equal(await scm.stop(), 0);
  const nobody = await comity("ps");
  assert.equal(nobody.code, 1);
  assert.match(nobody.err, /no service control manager runs for/);
});

test("a machine that cannot be reached", async () => {
  using _ = new TestHome();
  const { code, err } = await comity(
    "call",
    "{3d5a2c60-77b1-4c5e-8a01-9f20c1e5c10f}",
    "Add",
    "-m",
    "127.0.0.1[1]",
    "-u",
    "x",
  ).catch((error: unknown) => assert.fail(String(error)));
  assert.equal(code, 1);
  assert.match(err, /set COMITY_PASSWORD or give --password-stdin/);
  const unreachable = comityProgram(
    ["call", "{3d5a2c60-77b1-4c5e-8a01-9f20c1e5c10f}", "Add", "-m", "127.0.0.1[1]", "-u", "x"],
    {
      env: { COMITY_PASSWORD: "p" },
    },
  );
  assert.equal(unreachable.code, 1);
  assert.match(unreachable.err, /RPC_S_SERVER_UNAVAILABLE/);
});
