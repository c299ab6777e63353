import { execFileSync, spawn } from "node:child_process";
import { statSync } from "node:fs";

/** What tshark calls the packet types. */
const typeNames =
  "request ping response fault working nocall reject ack cl_cancel fack cancel_ack bind bind_ack bind_nak alter_context alter_context_resp auth3 shutdown co_cancel orphaned rts".split(
    " ",
  );

/** Throws unless there is a tshark. */
export function needTshark() {
  try {
    execFileSync("tshark", ["--version"], { stdio: "ignore" });
  } catch {
    throw new Error("tshark is not installed: nothing can be compared");
  }
}

/** A capture as tshark's PDML, one text a frame. */
export function dissect(file, { filter = "dcerpc", options = [], only } = {}) {
  const args = ["-r", file, "-Y", filter, "-T", "pdml", ...options];
  if (only !== undefined) args.push("-J", only);
  const pdml = execFileSync("tshark", args, {
    encoding: "utf8",
    maxBuffer: 1 << 30,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return pdml.split("<packet>").slice(1);
}

/** Rows as {@link summaryRows} makes them. tshark names the interface only in binds, so contexts are followed here, by stream. */
export function tsharkRows(file, options = []) {
  const rows = [];
  const contexts = new Map();
  for (const packet of dissect(file, { options, only: "frame tcp udp smb smb2 dcerpc" })) {
    const frame = first(packet, "frame.number");
    const stream = first(packet, "tcp.stream") ?? first(packet, "udp.stream");
    const [before, ...protos] = packet.split('<proto name="dcerpc"');
    // Each pipe has contexts of its own.
    let place = `${stream} ${fileOf(before)}`;
    for (const proto of protos) {
      rows.push(row(frame, stream, proto.split("</proto>")[0], contexts, place));
      const next = fileOf(proto);
      if (next !== "") place = `${stream} ${next}`;
    }
  }
  return rows;
}

/** The file that the SMB message in this text names last, if any. */
function fileOf(text) {
  return all(text, "smb2.fid").at(-1) ?? all(text, "smb.fid").at(-1) ?? "";
}

function row(frame, stream, proto, contexts, place) {
  const type = typeNames[Number(first(proto, "dcerpc.pkt_type"))];
  const callId = first(proto, "dcerpc.cn_call_id") ?? first(proto, "dcerpc.dg_seqnum");
  const offered = all(proto, "dcerpc.cn_bind_to_uuid");
  // A call has one; a verification trailer may repeat it.
  const ids = all(proto, "dcerpc.cn_ctx_id").slice(0, offered.length || 1);
  for (const [i, uuid] of offered.entries()) {
    contexts.set(`${place} ${ids[i]}`, uuid);
    // Answers of SMB 1 do not always name their file.
    contexts.set(`${stream} ${ids[i]}`, uuid);
  }
  const datagram = all(proto, "dcerpc.dg_if_id");
  const called =
    offered.length === 0
      ? ids.map((id) => contexts.get(`${place} ${id}`) ?? contexts.get(`${stream} ${id}`) ?? "")
      : offered;
  const interfaces = datagram.length > 0 ? datagram : called;
  const opnum = first(proto, "dcerpc.opnum") ?? "";
  return [frame, stream, type, callId, ids.join(","), interfaces.join(","), opnum].join("\t");
}

function all(text, name) {
  const pattern = new RegExp(`<field name="${name.replaceAll(".", "\\.")}"[^>]*? show="([^"]*)"`, "g");
  return [...text.matchAll(pattern)].map((match) => match[1]);
}

/** Names of the methods that tshark knows, by frame. */
export function operations(file, options = []) {
  const found = new Map();
  for (const packet of dissect(file, { options })) {
    const names = [...packet.matchAll(/showname="Operation: (\w+) \(\d+\)"/g)].map((match) => match[1]);
    if (names.length > 0) found.set(Number(first(packet, "frame.number")), names);
  }
  return found;
}

function first(text, name) {
  return all(text, name)[0];
}

/** Lines of `rows` that are not in `others`, as often as they are missing there. */
export function without(rows, others) {
  const counts = new Map();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return rows.filter((line) => {
    const left = counts.get(line) ?? 0;
    counts.set(line, left - 1);
    return left <= 0;
  });
}

/** Captures what matches on loopback into a file; answers a function that ends it once everything is written. */
export async function capture(file, filter) {
  const child = spawn("tshark", ["-q", "-i", "lo", "-f", filter, "-w", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  const gone = new Promise((resolve) => child.once("exit", resolve));
  process.once("exit", () => child.kill());
  await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`tshark cannot capture on loopback: ${said}`)));
    child.stderr.on("data", (data) => {
      said += data;
      if (/Capture started/.test(said)) resolve();
      // Other versions say no more than this, a moment before.
      else if (/Capturing on/.test(said)) setTimeout(resolve, 2000);
    });
  });
  return async () => {
    await quiet(file);
    child.kill("SIGINT");
    await gone;
    if (/packets? dropped/.test(said)) throw new Error(`the capture is not whole: ${said}`);
  };
}

/** Until the file has not grown for a while. */
async function quiet(file) {
  for (let size = -1; ;) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    const now = statSync(file).size;
    if (now === size) return;
    size = now;
  }
}
