/*
 * NDR64 against bytes we did not write: every stub in NDR64 of the captures (calls of Windows to Windows' endpoint mapper and account manager), read and
 * written again; and ORPC calls of ours in NDR64, read by Samba's ndrdump.
 *
 *   node interop/ndr64.mjs
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ByteReader, ByteWriter, guid } from "../dist/base/index.js";
import { Notes, decodeCapture, defaultDecodeLimits, findPdus } from "../dist/decode/index.js";
import { methodByName } from "../dist/dcom/client/known-method.js";
import { IRemUnknown } from "../dist/dcom/gen/dcom.js";
import { writeOrpcThis } from "../dist/dcom/orpc/orpc-this.js";
import { allMethods, methodCodec, ndr64, plainContext } from "../dist/ndr/index.js";
import { PacketType, decodePdu, epm } from "../dist/rpc/index.js";
import { contract } from "./support/contract.mjs";
import { expect, main, prove } from "./support/prove.mjs";
import { run } from "./sample/checks.mjs";

const captures = fileURLToPath(new URL("../conformance/captures/", import.meta.url));

/** The stubs of calls to `descriptors` in a capture, with the numbers of their frames. */
function* stubs(name, descriptors) {
  const file = readFileSync(captures + name);
  const raw = [...findPdus(file, defaultDecodeLimits, new Notes(9))];
  for (const [i, pdu] of [...decodeCapture(file)].entries()) {
    const descriptor = descriptors.find(({ iid }) => iid === pdu.interface?.uuid);
    if (descriptor === undefined || !JSON.stringify(pdu.body ?? {}).includes("NDR64")) continue;
    const { body } = decodePdu(raw[i].bytes);
    if (body.type !== PacketType.request && body.type !== PacketType.response) continue;
    const method = allMethods(descriptor).find(({ opnum }) => opnum === pdu.opnum);
    const where = `${name} frame ${pdu.frame}, ${method.name}`;
    yield { where, method, call: `${pdu.stream} ${pdu.callId}`, stub: body.stub, type: body.type };
  }
}

/** Ours with their referent ids: those are the sender's choice. Windows gives unique pointers one and the same, and counts full pointers from 1. */
function likeTheirs(ours, theirs) {
  const copy = ours.slice();
  for (let at = 0; at + 8 <= Math.min(copy.length, theirs.length); at += 8) {
    const isReferent =
      copy[at + 2] === 2 && (copy[at] & 3) === 0 && copy.subarray(at + 3, at + 8).every((b) => b === 0);
    if (isReferent && theirs.subarray(at, at + 8).some((byte) => byte !== 0))
      copy.set(theirs.subarray(at, at + 8), at);
  }
  return Buffer.from(copy).toString("hex");
}

function again({ method, stub, type, call }, args) {
  const codec = methodCodec(method, ndr64);
  const reader = new ByteReader(stub);
  const writer = new ByteWriter();
  if (type === PacketType.request) {
    args.set(call, codec.decodeRequest(reader, plainContext));
    codec.encodeRequest(writer, args.get(call), plainContext);
  } else {
    const status = { code: 0 };
    const result = codec.decodeResponse(reader, args.get(call), plainContext, status);
    codec.encodeResponse(writer, args.get(call), result, status.code, plainContext);
  }
  expect(reader.pos === stub.length, `${stub.length - reader.pos} bytes are left over`);
  return writer.finish();
}

async function captured() {
  const { samr } = await contract("samr");
  const seen = new Set();
  let count = 0;
  for (const name of readdirSync(captures).filter((file) => /\.p?cap/.test(file))) {
    const args = new Map();
    for (const found of stubs(name, [samr, epm])) {
      const ours = likeTheirs(again(found, args), found.stub);
      const theirs = Buffer.from(found.stub).toString("hex");
      expect(ours === theirs, `${found.where}:\n${ours}\n${theirs}`);
      seen.add(found.method.name);
      count++;
    }
  }
  expect(count === 32, `${count} stubs, 32 are expected`);
  return `${count} requests and responses of ${seen.size} methods`;
}

const extents = [
  { id: guid("0000031c-0000-0000-c000-000000000046"), data: Uint8Array.of(1, 2, 3) },
  { id: guid("0000031d-0000-0000-c000-000000000046"), data: Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2, 1) },
];

async function dumped(folder, some) {
  const writer = new ByteWriter();
  writeOrpcThis(writer, undefined, some, 0, true);
  const refs = [1, 2].map((n) => ({ ipid: extents[n - 1].id, cPublicRefs: 0x51 + n, cPrivateRefs: 0 }));
  methodByName(IRemUnknown, "RemRelease").codec.ndr64.encodeRequest(writer, [2, refs], plainContext);
  const file = join(folder, "request");
  writeFileSync(file, writer.finish());
  const { code, output } = await run("ndrdump", ["IRemUnknown", "RemRelease", "in", "--ndr64", file]);
  expect(code === 0 && output.includes("dump OK"), output);
  expect(!/unread|WARNING! \d+ /.test(output), output);
  for (const word of ["0x0005 (5)", "0x0007 (7)", "0x00000052", "0x00000053", ...some.map(({ id }) => id)])
    expect(output.includes(word), `${word} is missing:\n${output}`);
}

await main(async () => {
  await prove("what Windows wrote in NDR64 is read to the last byte and written again the same", captured);
  const folder = mkdtempSync(join(tmpdir(), "comity-ndr64-"));
  try {
    for (const count of [0, 1, 2]) {
      const what = `Samba reads our IRemUnknown::RemRelease in NDR64 with ${count} extents`;
      await prove(what, () => dumped(folder, extents.slice(0, count)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
