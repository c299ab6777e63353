/*
 * impacket (Python, written by others) drives an object as a script does: every scalar VARIANT, arrays, by-reference, named and default arguments,
 * properties with parameters, errors, a collection.
 *
 *   node interop/automation.mjs
 */
import { isDeepStrictEqual } from "node:util";
import { fileURLToPath } from "node:url";
import { CLSID } from "./sample/automation.mjs";
import { Checks, run } from "./sample/checks.mjs";
import { account, withMachine } from "./sample/machine.mjs";

const client = fileURLToPath(new URL("peers/impacket_automation.py", import.meta.url));
const checks = new Checks();

/** What each call must answer: its name, the answer or a test of it, what it means. @type {[string, unknown, string?][]} */
const expected = [
  ["GetTypeInfoCount", (answer) => answer === 0 || answer === 1],
  ["GetIDsOfNames", [3, 2, 1], "names in any letter case, parameters by their place"],
  ["Swap", [2, 1], "by-reference arguments come back exchanged"],
  ["named", { vt: 8, value: "many 3?" }, "arguments by name"],
  ["defaults", { vt: 8, value: "many 7!" }, "default values"],
  ["converted", { vt: 8, value: "5 12!" }, "a number for a text, a text for a number"],
  ["Sum", { vt: 5, value: 3.5 }, "an array of VARIANTs"],
  ["Cell", { vt: 8, value: "cell" }, "a property with two parameters, put and read"],
  ["vararg", { vt: 8, value: "1: a 2" }, "any number of arguments"],
  [
    "Fail",
    {
      code: 0x80020009,
      info: { scode: 0x80041234 | 0, text: "it failed", source: "Interop.Sample", help: 12, argErr: 0 },
    },
    "DISP_E_EXCEPTION with its EXCEPINFO",
  ],
  [
    "mismatch",
    ({ code, info }) => code === 0x80020005 && info.argErr === 0,
    "DISP_E_TYPEMISMATCH and which argument",
  ],
  ["count", ({ code }) => code === 0x8002000e, "DISP_E_BADPARAMCOUNT"],
  [
    "_NewEnum",
    [
      [[{ vt: 8, value: "one" }], 1, 0],
      [
        [
          { vt: 3, value: 2 },
          { vt: 5, value: 3.5 },
        ],
        2,
        1,
      ],
    ],
    "IEnumVARIANT, S_FALSE at its end",
  ],
];

await withMachine({ address: "127.0.0.1" }, async (machine) => {
  const args = [machine.address, String(machine.port), account.user, account.password, CLSID];
  const { code, output } = await run("/usr/bin/python3", [client, ...args], { env: { ...process.env } });
  const answers = output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  checks.that(code === 0, "impacket came to the end", output.slice(-2000));
  const echoes = answers.filter(({ what }) => what === "Echo");
  for (const { answer } of echoes) {
    const [sent, received] = answer;
    checks.that(isDeepStrictEqual(sent, received), `Echo ${JSON.stringify(sent)}`, JSON.stringify(received));
  }
  checks.that(echoes.length === 19, `${echoes.length} of 19 VARIANTs came back`);
  for (const [what, wanted, meaning = what] of expected) {
    const found = answers.find((answer) => answer.what === what)?.answer;
    const holds =
      found !== undefined &&
      (typeof wanted === "function" ? wanted(found) : isDeepStrictEqual(found, wanted));
    checks.that(holds, `${what}: ${meaning}`, JSON.stringify(found));
  }
});
process.exit(checks.finish());
