import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeCapture, summaryRows } from "../index.ts";
import { captureFiles, capturesFolder, readCapture } from "./captures.ts";

/** Written by interop/tshark-decode.mjs --write from what tshark says. */
function expectedRows(name: string): string[] | undefined {
  const file = `${capturesFolder}expected/${name}.tsv`;
  if (!existsSync(file)) return undefined;
  return readFileSync(file, "utf8").replace(/\n$/, "").split("\n").slice(1);
}

for (const name of captureFiles()) {
  test(`${name}: type, interface, opnum and call id of every PDU are those tshark reports`, () => {
    assert.deepEqual(summaryRows(decodeCapture(readCapture(name))), expectedRows(name));
  });
}
