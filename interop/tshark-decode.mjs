/*
 * Compares `decodeCapture` with tshark on every capture of conformance/captures: frame, stream, type, call id, presentation
 * contexts, interfaces and operation number of every PDU. Exit code 0: they agree; 1: they do not, or
 * there is no tshark.
 *
 *   node interop/tshark-decode.mjs            all captures
 *   node interop/tshark-decode.mjs FILE...    these files
 *   node interop/tshark-decode.mjs --write    writes conformance/captures/expected/*.tsv from tshark's answers
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeCapture, summaryRows } from "../dist/decode/index.js";

const folder = fileURLToPath(new URL("../conformance/captures/", import.meta.url));
const columns = "frame\tstream\ttype\tcall_id\tcontexts\tinterfaces\topnum";
const typeNames =
  "request ping response fault working nocall reject ack cl_cancel fack cancel_ack bind bind_ack bind_nak alter_context alter_context_resp auth3 shutdown co_cancel orphaned rts".split(
    " ",
  );

/** Rows as tshark sees the file. It names the interface only in binds, so contexts are followed here, by stream. */
function tsharkRows(file) {
  const pdml = execFileSync(
    "tshark",
    ["-r", file, "-Y", "dcerpc", "-T", "pdml", "-J", "frame tcp udp dcerpc"],
    { encoding: "utf8", maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "ignore"] },
  );
  const rows = [];
  const contexts = new Map();
  for (const packet of pdml.split("<packet>").slice(1)) {
    const frame = first(packet, "frame.number");
    const stream = first(packet, "tcp.stream") ?? first(packet, "udp.stream");
    for (const proto of packet.split('<proto name="dcerpc"').slice(1)) {
      rows.push(row(frame, stream, proto.split("</proto>")[0], contexts));
    }
  }
  return rows;
}

function row(frame, stream, proto, contexts) {
  const type = typeNames[Number(first(proto, "dcerpc.pkt_type"))];
  const callId = first(proto, "dcerpc.cn_call_id") ?? first(proto, "dcerpc.dg_seqnum");
  const ids = all(proto, "dcerpc.cn_ctx_id");
  const offered = all(proto, "dcerpc.cn_bind_to_uuid");
  for (const [i, uuid] of offered.entries()) contexts.set(`${stream} ${ids[i]}`, uuid);
  const datagram = all(proto, "dcerpc.dg_if_id");
  const called = offered.length === 0 ? ids.map((id) => contexts.get(`${stream} ${id}`) ?? "") : offered;
  const interfaces = datagram.length > 0 ? datagram : called;
  const opnum = first(proto, "dcerpc.opnum") ?? "";
  return [frame, stream, type, callId, ids.join(","), interfaces.join(","), opnum].join("\t");
}

function all(text, name) {
  const pattern = new RegExp(`<field name="${name.replaceAll(".", "\\.")}"[^>]*? show="([^"]*)"`, "g");
  return [...text.matchAll(pattern)].map((match) => match[1]);
}

function first(text, name) {
  return all(text, name)[0];
}

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

function without(rows, others) {
  const counts = new Map();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return rows.filter((line) => {
    const left = counts.get(line) ?? 0;
    counts.set(line, left - 1);
    return left <= 0;
  });
}

function hasTshark() {
  try {
    execFileSync("tshark", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

if (!hasTshark()) {
  console.error("tshark is not installed: nothing can be compared");
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
