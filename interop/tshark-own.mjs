/*
 * Our own traffic between two machines of ours, as tshark sees it: activation, calls early and late bound, callbacks, pings, release, at
 * level connect (in clear), integrity and privacy. Nothing is malformed, every expected method is there, and `comity decode` agrees.
 *
 *   node interop/tshark-own.mjs [FOLDER]    the captures stay in FOLDER
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AuthnLevel, HResult, IDispatch, LateBound, Runtime } from "comity";
import { Calculator, ICalculator, ICalculatorLab } from "@comity/example-calculator/contract";
import { summaryRows } from "../dist/decode/index.js";
import { freeAddress } from "./support/address.mjs";
import { Machines, comity } from "./support/machines.mjs";
import { expect, main, prove, rejection } from "./support/prove.mjs";
import { capture, dissect, needTshark, operations, tsharkRows, without } from "./support/tshark.mjs";

const account = { user: "interop", password: "Correct-Horse-7" };
const pingPeriod = 300;
const server = fileURLToPath(new URL("sample/level-server.mjs", import.meta.url));
const calculator = fileURLToPath(new URL("../examples/calculator/dist/module.js", import.meta.url));

/** What DCOM must have said at least, on interfaces that tshark knows. */
const expected = [
  "ServerAlive2",
  "RemoteCreateInstance",
  "ResolveOxid2",
  "RemQueryInterface",
  "GetIDsOfNames",
  "Invoke",
  "ComplexPing",
  "SimplePing",
  "RemRelease",
];

await main(async () => {
  needTshark();
  const machines = new Machines();
  const settings = ["--ping-period", String(pingPeriod), "--minimum-level", "1"];
  const here = await machines.start("here", await freeAddress(60, [135]), account, ...settings);
  const there = await machines.start("there", await freeAddress(80, [135]), account, ...settings);
  comity(there.home, ["register", calculator]);
  await prove("an anonymous activation is refused, even where level none is allowed", () =>
    anonymous(here, there),
  );
  for (const name of ["connect", "integrity", "privacy"]) {
    const file = join(process.argv[2] ?? machines.folder, `${name}.pcapng`);
    await prove(`level ${name}: a conversation between two machines`, () =>
      record(machines, here, there, AuthnLevel[name], file),
    );
    await inspect(name, file);
  }
});

async function anonymous(here, there) {
  const com = await Runtime.open({ home: here.home });
  const error = await rejection(
    com.createInstance(Calculator, ICalculator, { machine: nameOf(there), authenticationLevel: 1 }),
  );
  await com.close();
  expect(error.code === HResult.E_ACCESSDENIED && error.remote, error.message);
  return error.gate;
}

/** Everything a client does, with a capture running. */
async function record(machines, here, there, level, file) {
  const env = { LEVEL: String(level), PEER_USER: account.user, PEER_PASSWORD: account.password };
  const { stop } = await machines.run(there.home, [server], env);
  const end = await capture(file, `tcp and (host ${here.address} or host ${there.address})`);
  const com = await Runtime.open({
    home: here.home,
    credentials: account,
    remoting: { minimumLevel: level, authenticationLevel: level },
  });
  const told = await converse(com, nameOf(there), level);
  await com.close();
  await end();
  await stop();
  return told;
}

async function converse(com, machine, authenticationLevel) {
  const calc = await com.createInstance(Calculator, ICalculator, { machine, authenticationLevel });
  expect((await calc.Add(2, 40)) === 42, "2 + 40 is not 42");
  const early = await rejection(calc.Divide(1, 0));
  expect(early.info.source === "Comity.Calculator", `no error information: ${early.message}`);

  const dispatch = await calc.QueryInterface(IDispatch);
  const late = new LateBound(dispatch);
  expect((await late.call("Join", ["left ", "right"])) === "left right", "a wrong text");
  // tshark reads arrays of numbers and texts; of an array of VARIANTs it says that it is malformed.
  expect((await late.call("Total", [Int32Array.of(1, 2, 4)])) === 7, "a wrong total");
  await late.set("Memory", 7);
  expect((await late.get("Memory")) === 7, "the memory forgot");
  const scripted = await rejection(late.call("Divide", [1, 0]));
  expect(scripted.code === early.code, `late bound it fails as ${scripted.message}`);

  const lab = await calc.QueryInterface(ICalculatorLab);
  const heard = [];
  const events = { Calculated: (result) => void heard.push(result) };
  expect((await lab.AddAndTell(20, 22, events)) === 42 && heard.join() === "42", `heard ${heard.join()}`);
  // tshark decrypts one sealed packet of each frame: there, the message must not be cut into fragments, which travel together.
  const size = authenticationLevel === AuthnLevel.privacy ? 4000 : 20_000;
  const data = Uint8Array.from({ length: size }, (_, i) => i);
  expect(Buffer.from(await lab.Echo(data.length, data)).equals(Buffer.from(data)), "the echo is wrong");
  const other = await lab.Spawn();
  expect((await other.Add(1, 1)) === 2, "1 + 1 is not 2");

  await wait(4 * pingPeriod);
  for (const pointer of [other, lab, dispatch, calc]) pointer.Release();
  await wait(2 * pingPeriod);
  return `activation, early and late bound calls, errors, a callback, ${size} bytes there and back, pings, release`;
}

async function inspect(name, file) {
  // With the password, tshark decrypts what NTLM sealed.
  const options = ["-o", "tcp.try_heuristic_first:TRUE", "-o", `ntlmssp.nt_password:${account.password}`];
  await prove(`level ${name}: tshark finds nothing malformed`, () => {
    const frames = dissect(file, { options });
    const malformed = dissect(file, { options, filter: "_ws.malformed || _ws.expert.severity == error" });
    expect(malformed.length === 0, `${malformed.length} packets:\n${malformed.map(trouble).join("\n")}`);
    return `${frames.length} frames`;
  });
  await prove(`level ${name}: tshark sees every ORPC method that is due`, () => {
    const seen = new Set([...operations(file, options).values()].flat());
    const missing = expected.filter((method) => !seen.has(method));
    expect(missing.length === 0, `not seen: ${missing.join(", ")}; seen: ${[...seen].join(", ")}`);
    return [...seen].join(", ");
  });
  await prove(`level ${name}: comity decode agrees with tshark`, () => agree(file, options));
  await prove(
    `level ${name}: tshark reads what was said${name === "privacy" ? ", with the password" : ""}`,
    () => {
      const said = ["Join", "left right", "Divide"];
      const text = dissect(file, { options, filter: "dcom" }).join("");
      const missing = said.filter((words) => !text.includes(`&quot;${words}&quot;`));
      expect(missing.length === 0, `not found: ${missing.join(", ")}`);
      return said.map((words) => `"${words}"`).join(", ");
    },
  );
  if (name === "connect") return;
  await prove(`level ${name}: comity decode verifies every signature with the password`, () => verify(file));
}

/** What tshark remarks on a frame. */
function trouble(packet) {
  const remarks = [...packet.matchAll(/showname="(Frame \d+|Operation: [^"]*|Expert Info[^"]*)/g)];
  return remarks.map((match) => match[1]).join("; ");
}

/** On type, interface, operation and call of every PDU, and on the names of methods. */
function agree(file, options) {
  const pdus = decode(file);
  const theirs = tsharkRows(file, options);
  const ours = summaryRows(pdus);
  const differences = [...without(theirs, ours), ...without(ours, theirs)];
  expect(differences.length === 0, `they differ on:\n${differences.join("\n")}`);
  let names = 0;
  for (const [frame, methods] of operations(file, options)) {
    const mine = pdus.filter((pdu) => pdu.frame === frame).map((pdu) => pdu.method);
    const unknown = methods.filter((method) => !mine.includes(method));
    expect(unknown.length === 0, `frame ${frame}: tshark says ${methods}, we say ${mine}`);
    names += methods.length;
  }
  return `${ours.length} PDUs, ${names} named methods`;
}

function verify(file) {
  const pdus = decode(file, ["--user", account.user, "--password-stdin"], `${account.password}\n`);
  const calls = pdus.filter((pdu) => pdu.type === "request" || pdu.type === "response");
  const signed = calls.filter((pdu) => pdu.auth !== undefined);
  const wrong = signed.filter((pdu) => pdu.auth.verified !== true);
  expect(wrong.length === 0, `not verified: ${JSON.stringify(wrong[0])}`);
  const closed = calls.filter((pdu) => pdu.body?.sealed === true);
  expect(closed.length === 0, `${closed.length} calls are still sealed`);
  expect(signed.length > 30, `only ${signed.length} packets are signed`);
  return `${signed.length} of ${calls.length} packets of calls are signed, the others are the resolvers' own`;
}

function decode(file, args = [], input = "") {
  const lines = comity("", ["decode", file, "--json", ...args], input)
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}

function nameOf({ address, port }) {
  return `${address}[${port}]`;
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
