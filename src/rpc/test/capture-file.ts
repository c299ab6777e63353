import { existsSync, readFileSync } from "node:fs";

/** A minimal reader of pcap and pcapng files for tests: the TCP payloads of Ethernet frames, put in order per direction. */
export function tcpStreams(path: string): Uint8Array[] {
  const file = readFileSync(path);
  const flows = new Map<string, Map<number, Uint8Array>>();
  for (const frame of file.readUInt32LE(0) === 0x0a0d0d0a ? pcapngFrames(file) : pcapFrames(file)) {
    addSegment(flows, frame);
  }
  return [...flows.values()].flatMap((segments) => joined(segments));
}

export function capturePath(name: string): string {
  for (let up = new URL(".", import.meta.url), i = 0; i < 6; i++, up = new URL("..", up)) {
    const path = new URL(`conformance/captures/${name}`, up);
    if (existsSync(path)) return path.pathname;
  }
  throw new Error(`no capture ${name}`);
}

function* pcapFrames(file: Buffer): Generator<Buffer> {
  const little = file.readUInt32LE(0) === 0xa1b2c3d4 || file.readUInt32LE(0) === 0xa1b23c4d;
  for (let at = 24; at + 16 <= file.length;) {
    const length = little ? file.readUInt32LE(at + 8) : file.readUInt32BE(at + 8);
    yield file.subarray(at + 16, at + 16 + length);
    at += 16 + length;
  }
}

function* pcapngFrames(file: Buffer): Generator<Buffer> {
  for (let at = 0; at + 12 <= file.length;) {
    const length = file.readUInt32LE(at + 4);
    if (file.readUInt32LE(at) === 6) yield file.subarray(at + 28, at + 28 + file.readUInt32LE(at + 20));
    at += length;
  }
}

function addSegment(flows: Map<string, Map<number, Uint8Array>>, frame: Buffer): void {
  if (frame.length < 54 || frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 6) return;
  const ip = 14;
  const tcp = ip + ((frame[ip] ?? 0) & 15) * 4;
  const end = ip + frame.readUInt16BE(ip + 2);
  const start = tcp + ((frame[tcp + 12] ?? 0) >> 4) * 4;
  if (start >= end || end > frame.length) return;
  const key = frame.toString("hex", ip + 12, ip + 20) + frame.toString("hex", tcp, tcp + 4);
  const flow = flows.get(key) ?? new Map<number, Uint8Array>();
  flows.set(key, flow);
  flow.set(frame.readUInt32BE(tcp + 4), frame.subarray(start, end));
}

/** The longest runs without a gap. */
function joined(segments: Map<number, Uint8Array>): Uint8Array[] {
  const runs: Uint8Array[][] = [];
  let next = -1;
  for (const [sequence, bytes] of [...segments].toSorted(([a], [b]) => a - b)) {
    if (sequence === next) runs.at(-1)?.push(bytes);
    else if (sequence > next) runs.push([bytes]);
    else continue;
    next = sequence + bytes.length;
  }
  return runs.map((run) => Buffer.concat(run));
}

/** The packets of a stream that carries connection-oriented RPC; nothing for any other stream. */
export function* pdusOf(stream: Uint8Array): Generator<Uint8Array> {
  const bytes = Buffer.from(stream);
  for (let at = 0; at + 16 <= bytes.length;) {
    if (bytes[at] !== 5 || (bytes[at + 1] ?? 9) > 1 || (bytes[at + 2] ?? 99) > 20) return;
    const length = bytes.readUInt16LE(at + 8);
    if (length < 16 || at + length > bytes.length) return;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
