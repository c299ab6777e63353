/*
 * impacket (Python, written by others) against our SCM, resolver and objects: activates the sample calculator by CLSID, calls it late
 * bound, queries interfaces, pings, releases; and what must be refused is refused.
 *
 *   node interop/impacket.mjs
 */
import { fileURLToPath } from "node:url";
import { CLSID } from "./sample/calculator.mjs";
import { Checks, run } from "./sample/checks.mjs";
import { account, withMachine } from "./sample/machine.mjs";

const python = "/usr/bin/python3";
const client = fileURLToPath(new URL("peers/impacket_client.py", import.meta.url));
const { code: missing } = await run(python, ["-c", "import impacket"]);
if (missing !== 0) {
  console.error("python3-impacket is not installed: nothing can be proven");
  process.exit(1);
}

const checks = new Checks();

/** One run of the client; its JSON lines as one object. */
async function impacket(
  machine,
  { password = account.password, clsid = CLSID, method = "Add", args = ["i4:2", "i4:40"], flags = [] },
) {
  const target = [
    machine.address,
    account.user,
    password,
    clsid,
    method,
    ...args,
    "--port",
    String(machine.port),
  ];
  const { code, output } = await run(python, [client, ...target, ...flags]);
  const answers = output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  return { code, output, ...Object.assign({}, ...answers) };
}

async function proveCalls(machine, where) {
  for (const level of ["5", "6"]) {
    const flags = ["--level", level, "--alive", "--qi", "--ping", "--release"];
    const answer = await impacket(machine, { flags });
    const proof = `${where}, level ${level}: ServerAlive2, activation, RemQueryInterface, Add(2, 40), pings, release`;
    checks.that(answer.code === 0 && answer.result === 42, proof, answer.output);
  }
  const { port, address } = machine;
  const old = fileURLToPath(new URL("peers/impacket_old_activation.py", import.meta.url));
  const { output } = await run(python, [old, address, String(port), account.user, account.password, CLSID]);
  const reply = /^\{.*\}$/m.exec(output)?.[0] ?? "{}";
  const { hr, results, objref, version } = JSON.parse(reply);
  const served = hr === 0 && results?.[0] === 0 && objref === "MEOW" && version?.join() === "5,7";
  checks.that(served, `${where}: IActivation.RemoteActivation, the way of old clients`, output);
  const divided = await impacket(machine, { method: "Divide", args: ["r8:1", "r8:8"] });
  checks.that(divided.result === 0.125, `${where}: Divide(1, 8) with doubles`, divided.output);
  const request = { method: "Divide", args: ["r8:1", "r8:8"], flags: ["--level", "5", "--ndr64"] };
  const wide = await impacket(machine, request);
  const proof = `${where}: activation, GetIDsOfNames and Invoke, all in NDR64`;
  checks.that(wide.code === 0 && wide.result === 0.125, proof, wide.output);
}

async function proveRefusals(machine) {
  const refused = async (what, request, pattern) => {
    const answer = await impacket(machine, request);
    checks.that(answer.code !== 0 && pattern.test(answer.error ?? answer.output), what, answer.output);
  };
  await refused(
    "a wrong password is refused: access denied",
    { password: "wrong" },
    /access_denied|LOGON_FAILURE/i,
  );
  const unknown = { clsid: "00000000-1111-2222-3333-444444444444" };
  await refused("an unknown class: REGDB_E_CLASSNOTREG", unknown, /REGDB_E_CLASSNOTREG|0x80040154/i);
  await refused(
    "an unknown method: DISP_E_UNKNOWNNAME",
    { method: "Subtract" },
    /DISP_E_UNKNOWNNAME|0x80020006/i,
  );
  await refused(
    "a division by zero: the object's own error",
    { method: "Divide", args: ["r8:1", "r8:0"] },
    /./,
  );
  await refused("level 2 (connect) is refused by default", { flags: ["--level", "2"] }, /access_denied/i);
  const named = machine.warnings.some((line) => line.includes("activation needs integrity or better"));
  checks.that(
    named,
    "the log names the gate: activation needs integrity or better",
    machine.warnings.join("\n"),
  );
}

async function proveLists(machine) {
  const examples = "/usr/share/doc/python3-impacket/examples";
  const binding = `ncacn_ip_tcp:${machine.address}[${machine.port}]`;
  const map = await run(python, [`${examples}/rpcmap.py`, binding, "-auth-level", "1"]);
  const interfaces = [
    "99FCFEC4-5260-101B-BBCB-00AA0021347A",
    "000001A0-0000-0000-C000-000000000046",
    "E1AF8308-5D1F-11C9-91A4-08002B14A0FA",
  ];
  for (const uuid of interfaces) {
    checks.that(map.output.toUpperCase().includes(uuid), `rpcmap finds ${uuid}`, map.output.slice(-2000));
  }
  if (machine.port !== 135) return;
  const dump = await run(python, [`${examples}/rpcdump.py`, machine.address]);
  const listed = dump.output.toUpperCase().includes("99FCFEC4-5260-101B-BBCB-00AA0021347A");
  checks.that(listed, "rpcdump lists the endpoints of the machine", dump.output.slice(-2000));
}

await withMachine({ address: "127.0.0.1" }, async (machine) => {
  console.log(`a machine on ${machine.address}, port ${machine.port}`);
  await proveCalls(machine, `port ${machine.port}`);
  await proveRefusals(machine);
  await proveLists(machine);
});
if (process.getuid?.() === 0) {
  await withMachine({ address: "127.0.0.3", port: 135 }, async (machine) => {
    console.log(`a machine on ${machine.address}, port 135`);
    await proveCalls(machine, "port 135");
    await proveLists(machine);
  });
} else {
  console.log("not root: port 135 cannot be opened here; the other port was proven");
}
process.exit(checks.finish());
