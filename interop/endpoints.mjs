/*
 * impacket's example scripts rpcdump.py and rpcmap.py against a machine of ours on port 135: they list its endpoints and interfaces,
 * and what they try of versions and operations is answered as the protocol says.
 *
 *   node interop/endpoints.mjs        as root: rpcdump knows no other port
 */
import { existsSync } from "node:fs";
import { ClassContext } from "../dist/com/index.js";
import { towerOf } from "../dist/rpc/index.js";
import { CLSID, ICalculator, openRuntime } from "./sample/calculator.mjs";
import { run } from "./sample/checks.mjs";
import { account, withMachine } from "./sample/machine.mjs";
import { freeAddress } from "./support/address.mjs";
import { expect, main, prove } from "./support/prove.mjs";

const examples = "/usr/share/doc/python3-impacket/examples";
const logon = ["-auth-rpc", `${account.user}:${account.password}`];

/** What a machine serves: UUID, version, name, the operations it has. */
const interfaces = [
  { uuid: "99FCFEC4-5260-101B-BBCB-00AA0021347A", version: 0, name: "IObjectExporter", opnums: range(0, 5) },
  { uuid: "000001A0-0000-0000-C000-000000000046", version: 0, name: "IRemoteSCMActivator", opnums: [3, 4] },
  { uuid: "4D9F4AB8-7D1C-11CF-861E-0020AF6E7C57", version: 0, name: "IActivation", opnums: [0] },
  {
    uuid: "E1AF8308-5D1F-11C9-91A4-08002B14A0FA",
    version: 3,
    name: "the endpoint mapper",
    opnums: range(0, 7),
  },
  { uuid: "AFA8BD80-7D8A-11C9-BEF4-08002B102989", version: 1, name: "management", opnums: range(0, 4) },
];
const mapped = interfaces.slice(0, 3);

await main(async () => {
  expect(existsSync(`${examples}/rpcdump.py`), "the examples of python3-impacket are not installed");
  expect(process.getuid?.() === 0, "port 135 needs root");
  const address = await freeAddress(40, [135]);
  await withMachine({ address, port: 135 }, async (machine) => {
    await dump(machine);
    await map(machine);
    await mapServer(machine);
  });
});

async function dump({ address, scm }) {
  await prove("rpcdump.py lists the endpoints of the machine", async () => {
    const text = await example("rpcdump.py", address);
    for (const { uuid, name, version } of mapped) {
      const entry = block(text, `UUID    : ${uuid} v${version}.0 Comity ${name}`);
      expect(/Protocol: \[MS-DCOM\]/.test(entry), `the protocol of ${name} is not known:\n${entry}`);
      expect(entry.includes(`ncacn_ip_tcp:${address}[135]`), `${name} has no binding:\n${entry}`);
    }
    expect(/Received 3 endpoints/.test(text), text);
    return mapped.map(({ name }) => name).join(", ");
  });
  await prove("rpcdump.py lists 1,203 endpoints, in several calls", async () => {
    const syntax = { uuid: "c0a1e5ce-0000-4000-8000-00000000135a", version: [1, 0] };
    const entries = range(0, 1199).map((i) => ({
      object: `c0a1e5ce-0000-4000-8000-${String(i).padStart(12, "0")}`,
      tower: towerOf(syntax, "ncacn_ip_tcp", String(10_000 + i), address),
      annotation: `endpoint ${i}`,
    }));
    scm.endpointMap.insert(entries);
    const text = await example("rpcdump.py", address);
    scm.endpointMap.delete(entries);
    expect(/Received 1203 endpoints/.test(text), text.slice(-500));
    const ports = new Set(text.match(/\[1[01]\d{3}\]/g));
    expect(ports.size === 1200, `${ports.size} different ports`);
  });
}

async function map({ address }) {
  const binding = `ncacn_ip_tcp:${address}[135]`;
  const listed = (text) =>
    interfaces.every(({ uuid, version }) => text.includes(`UUID: ${uuid} v${version}.0`));
  await prove("rpcmap.py lists the interfaces without a logon", async () => {
    const text = await example("rpcmap.py", binding, "-auth-level", "1");
    expect(listed(text), text);
    return interfaces.map(({ name }) => name).join(", ");
  });
  for (const level of ["2", "4", "5", "6"]) {
    await prove(`rpcmap.py lists them with NTLM at level ${level}`, async () => {
      const text = await example("rpcmap.py", binding, "-auth-level", level, ...logon);
      expect(listed(text), text);
    });
  }
  await prove("rpcmap.py finds each in its own version alone", async () => {
    const text = await example("rpcmap.py", binding, ...logon, "-brute-versions", "-version-max", "4");
    for (const { uuid, version, name } of interfaces) {
      const found = lines(block(text, `UUID: ${uuid}`), "Version", 4);
      const good = range(0, 4).filter((number) => found.get(number) === "success");
      expect(good.join() === String(version), `${name}: ${JSON.stringify([...found])}`);
    }
  });
  await prove("rpcmap.py finds the operations of each, and none beyond", async () => {
    const text = await example("rpcmap.py", binding, ...logon, "-brute-opnums", "-opnum-max", "9");
    for (const { uuid, opnums, name } of interfaces) {
      const found = lines(block(text, `UUID: ${uuid}`), "Opnum", 9);
      const there = range(0, 9).filter((number) => !/nca_s_op_rng_error/.test(found.get(number)));
      expect(there.join() === opnums.join(), `${name}: ${JSON.stringify([...found])}`);
    }
    return interfaces.map(({ name, opnums }) => `${name} ${opnums.join(",")}`).join("; ");
  });
}

/** The process of an object is an RPC server of its own. */
async function mapServer(machine) {
  const { home, address, scm } = machine;
  const runtime = await openRuntime(home, address);
  const calculator = await runtime.createInstance(CLSID, ICalculator, { context: ClassContext.LOCAL_SERVER });
  try {
    await prove("rpcmap.py lists the interfaces of an object's process", async () => {
      const { processes } = await scm.snapshot();
      const [endpoint] = processes
        .filter((process) => process.launched)
        .flatMap((process) => process.endpoints)
        .filter((text) => text.startsWith(address));
      const text = await example("rpcmap.py", `ncacn_ip_tcp:${endpoint}`, ...logon);
      expect(text.includes("UUID: 00000143-0000-0000-C000-000000000046 v0.0"), text);
      return `IRemUnknown2 on ${endpoint}`;
    });
  } finally {
    calculator.Release();
    await runtime.close();
  }
}

async function example(script, ...args) {
  const { code, output } = await run("/usr/bin/python3", [`${examples}/${script}`, ...args]);
  expect(code === 0, `${script} ${args.join(" ")}: exit ${code}\n${output}`);
  return output;
}

/** The paragraph that has a line with `text`. */
function block(output, text) {
  const found = output.split(/\n\s*\n/).find((part) => part.includes(text));
  expect(found !== undefined, `no "${text}" in\n${output}`);
  return found;
}

/** What lines like `Opnum 3: success` and `Opnums 5-9: ...` say of each number. */
function lines(text, word, last) {
  const found = new Map();
  for (const [, from, to = from, what] of text.matchAll(
    new RegExp(`${word}s? (\\d+)(?:-(\\d+))?: (.*)`, "g"),
  )) {
    for (const number of range(Number(from), Math.min(last, Number(to)))) found.set(number, what);
  }
  return found;
}

function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
