/*
 * impacket (Python, written by others) asks an object for its type: what it is, its functions, their names, parameters and results.
 *
 *   node interop/types.mjs
 */
import { isDeepStrictEqual } from "node:util";
import { fileURLToPath } from "node:url";
import { CLSID } from "./sample/automation.mjs";
import { Checks, run } from "./sample/checks.mjs";
import { account, withMachine } from "./sample/machine.mjs";

const client = fileURLToPath(new URL("peers/impacket_types.py", import.meta.url));
const checks = new Checks();

const [GET, PUT] = [2, 4];
const VOID = 24;
const PTR = 26;
const SAFEARRAY = 27;

/** Names, DISPID, invoke kind, result, parameters and their flags. Those of IDispatch come before them. */
const functions = [
  [["Echo", "value"], 1, 1, 12, [12], [1]],
  [
    ["Swap", "a", "b"],
    2,
    1,
    VOID,
    [
      [PTR, 3],
      [PTR, 3],
    ],
    [3, 3],
  ],
  [["Describe", "text", "count", "mark"], 3, 1, 8, [8, 3, 8], [1, 49, 49]],
  [["Sum", "numbers"], 4, 1, 5, [12], [1]],
  [["Cell", "row", "column"], 0, GET, 12, [3, 3], [1, 1]],
  [["Cell", "row", "column"], 0, PUT, VOID, [3, 3, 12], [1, 1, 1]],
  [["Fail", "code"], 5, 1, VOID, [3], [1]],
  [["Log", "level", "rest"], 6, 1, 8, [3, [SAFEARRAY, 12]], [1, 1]],
];

await withMachine({ address: "127.0.0.1" }, async (machine) => {
  const args = [machine.address, String(machine.port), account.user, account.password, CLSID];
  const { code, output } = await run("/usr/bin/python3", [client, ...args], { env: { ...process.env } });
  const answers = output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const answerOf = (what) => answers.find((answer) => answer.what === what)?.answer;
  checks.that(code === 0, "impacket came to the end", output.slice(-2000));
  checks.that(answerOf("GetTypeInfoCount") === 1, "the object has a type");
  const attr = answerOf("GetTypeAttr");
  checks.that(
    attr?.guid === "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e21" && attr.kind === 4 && attr.functions === 15,
    "TYPEATTR: a dispinterface with 15 functions",
    JSON.stringify(attr),
  );
  checks.that(answerOf("GetDocumentation") === "ISample", "GetDocumentation: its name");
  const own = answers.filter(({ what }) => what === "GetFuncDesc").slice(7);
  for (const [i, [names, id, invoke, returns, params, flags]] of functions.entries()) {
    checks.that(
      isDeepStrictEqual(own[i]?.answer, { names, id, invoke, returns, params, flags }),
      `FUNCDESC and GetNames: ${names[0]}`,
      JSON.stringify(own[i]?.answer),
    );
  }
});
process.exit(checks.finish());
