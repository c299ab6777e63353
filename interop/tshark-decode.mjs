/*
 * Compares `decodeCapture` with tshark on every capture of conformance/captures: frame, stream, type, call id, presentation
 * contexts, interfaces and operation number of every PDU. Exit code 0: they agree; 1: they do not, or
 * there is no tshark.
 *
 *   node interop/tshark-decode.mjs            all captures
 *   node interop/tshark-decode.mjs FILE...    these files
 *   node interop/tshark-decode.mjs --write    writes conformance/captures/expected/*.tsv from tshark's answers
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeCapture, summaryRows } from "../dist/decode/index.js";
import { needTshark, tsharkRows, without } from "./support/tshark.mjs";

const folder = fileURLToPath(new URL("../conformance/captures/", import.meta.url));
const columns = "frame\tstream\ttype\tcall_id\tcontexts\tinterfaces\topnum";
/** Prints what only one side has; the number of differences. */
function compare(name, theirs, ours) {
  const missing = without(theirs, ours);
  const extra = without(ours, theirs);
  const verdict = missing.length + extra.length === 0 ? "agree" : "DIFFER";
  console.log(`${verdict}  tshark ${theirs.length}  comity ${ours.length}  ${name}`);
  for (const line of missing.slice(0, 20)) console.log(`  only tshark: ${line}`);
  for (const line of extra.slice(0, 20)) console.log(`  only comity: ${line}`);
  return missing.length + extra.length;
}

try {
  needTshark();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const args = process.argv.slice(2);
const write = args.includes("--write");
const named = args.filter((arg) => !arg.startsWith("--"));
const captures = readdirSync(folder).filter((name) => /\.(pcap|pcapng|cap)$/.test(name));
const files = named.length > 0 ? named : captures.map((name) => folder + name);
let differences = 0;
let pdus = 0;
for (const file of files) {
  const theirs = tsharkRows(file);
  pdus += theirs.length;
  if (write) {
    mkdirSync(`${folder}expected`, { recursive: true });
    writeFileSync(`${folder}expected/${basename(file)}.tsv`, `${[columns, ...theirs].join("\n")}\n`);
  }
  differences += compare(basename(file), theirs, summaryRows(decodeCapture(readFileSync(file))));
}
console.log(`${pdus} PDUs in ${files.length} captures, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
