import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter, defaultLimits, type Guid } from "../../base/index.ts";
import {
  decodeActivationBlob,
  decodeObjref,
  encodeActivationBlob,
  encodeObjref,
  readOrpcThat,
  readOrpcThis,
} from "../../dcom/index.ts";
import { allMethods, type MarshalContext, methodCodec, ndr20, ndr64, type Syntax } from "../../ndr/index.ts";
import { decodePdu, PacketType } from "../../rpc/index.ts";
import { knownInterface } from "../body/contracts.ts";
import { decodeCapture, defaultDecodeLimits, findPdus, Notes } from "../index.ts";
import { captureFiles, readCapture } from "./captures.ts";

/** Interface pointers stay the bytes they are. */
const rawPointers: MarshalContext = {
  limits: defaultLimits,
  marshalInterface: (_iid, pointer) => (pointer as { bytes: Uint8Array }).bytes,
  unmarshalInterface: (_iid, objref) => ({ bytes: objref.slice() }),
};

interface ClearStub {
  readonly where: string;
  readonly type: "request" | "response";
  /** Tells the calls of all captures apart. */
  readonly call: string;
  readonly stub: Uint8Array;
  readonly uuid: Guid;
  readonly opnum: number;
  readonly syntax: Syntax;
}

/** Stubs of whole requests and responses in clear, with what is known of their calls. */
function* clearStubs(): Generator<ClearStub> {
  for (const name of captureFiles()) {
    const file = readCapture(name);
    const explained = [...decodeCapture(file)];
    for (const [i, raw] of [...findPdus(file, defaultDecodeLimits, new Notes(9))].entries()) {
      const pdu = explained[i];
      if (pdu === undefined || pdu.interface === undefined || pdu.opnum === undefined) continue;
      if (pdu.carrier === "udp" || pdu.fragment !== undefined || pdu.auth?.level === 6) continue;
      const { body } = decodePdu(raw.bytes);
      const isRequest = body.type === PacketType.request;
      if (!isRequest && body.type !== PacketType.response) continue;
      yield {
        where: `${name} frame ${pdu.frame}`,
        type: isRequest ? "request" : "response",
        call: `${name} ${pdu.stream} ${pdu.callId}`,
        stub: body.stub,
        uuid: pdu.interface.uuid,
        opnum: pdu.opnum,
        syntax: JSON.stringify(pdu.body).includes("NDR64") ? ndr64 : ndr20,
      };
    }
  }
}

test("every OBJREF of the captures comes out as it was read", () => {
  const counts: Record<string, number> = {};
  for (const { where, stub } of clearStubs()) {
    const at = Buffer.from(stub).indexOf("MEOW");
    if (at < 4) continue;
    // The length stands in front of it, in the MInterfacePointer.
    const length = new DataView(stub.buffer, stub.byteOffset).getUint32(at - 4, true);
    const bytes = stub.subarray(at, at + length);
    const objref = decodeObjref(bytes);
    counts[objref.form] = (counts[objref.form] ?? 0) + 1;
    assert.deepEqual(encodeObjref(objref), bytes, where);
    if (objref.form === "custom" && /^0000033[89]-0000-0000-c000-000000000046$/.test(objref.clsid)) {
      assert.deepEqual(encodeActivationBlob(decodeActivationBlob(bytes)), bytes, where);
    }
  }
  assert.deepEqual(counts, { custom: 8, handler: 1, standard: 8 });
});

test("every call whose contract is known, encoded again, gives the bytes that were decoded", () => {
  const args = new Map<string, unknown[]>();
  const counts = { request: 0, response: 0, ndr64: 0 };
  for (const { where, type, call, stub, uuid, opnum, syntax } of clearStubs()) {
    const contract = knownInterface(uuid);
    const method =
      contract === undefined ? undefined : allMethods(contract).find((one) => one.opnum === opnum);
    if (contract === undefined || method === undefined) continue;
    const codec = methodCodec(method, syntax);
    const reader = new ByteReader(stub);
    // ORPC heads are no multiple of eight long: what follows is aligned from the start of the stub.
    const writer = new ByteWriter();
    if (type === "request") {
      if (contract.kind !== "rpc") readOrpcThis(reader);
      writer.raw(stub.subarray(0, reader.pos));
      const decoded = codec.decodeRequest(reader, rawPointers);
      args.set(call, decoded);
      codec.encodeRequest(writer, decoded, rawPointers);
    } else {
      const input = args.get(call);
      if (input === undefined) continue;
      if (contract.kind !== "rpc") readOrpcThat(reader);
      writer.raw(stub.subarray(0, reader.pos));
      const status = { code: 0 };
      const result = codec.decodeResponse(reader, input, rawPointers, status);
      codec.encodeResponse(writer, input, result, status.code, rawPointers);
    }
    counts[type]++;
    if (syntax === ndr64) counts.ndr64++;
    const bytes = stub.subarray(0, reader.pos);
    assert.deepEqual(likeTheirs(writer.finish(), bytes), bytes, where);
  }
  assert.deepEqual(counts, { request: 237, response: 237, ndr64: 2 });
});

/**
 * Ours with what is the sender's choice taken from theirs. Referent ids: where ours stands and theirs is not null either (we
 * count them up, or write "User" as Windows mostly does; Windows also takes addresses). Padding: Windows leaves old bytes in it.
 */
function likeTheirs(ours: Uint8Array, theirs: Uint8Array): Uint8Array {
  const copy = ours.slice();
  for (let at = 0; at + 4 <= Math.min(copy.length, theirs.length); at += 4) {
    const id = theirs.subarray(at, at + 4);
    if (isReferent(copy, at) && id.some((byte) => byte !== 0)) copy.set(id, at);
  }
  for (let at = 0; at < Math.min(copy.length, theirs.length); at++) {
    if (copy[at] !== theirs[at] && mayBePadding(ours, at)) copy[at] = theirs[at] as number;
  }
  return copy;
}

function isReferent(bytes: Uint8Array, at: number): boolean {
  const counted = bytes[at + 2] === 2 && bytes[at + 3] === 0 && ((bytes[at] as number) & 3) === 0;
  return counted || Buffer.from(bytes.subarray(at, at + 4)).equals(Buffer.from("User"));
}

/** Zero from here to the next multiple of four. */
function mayBePadding(bytes: Uint8Array, at: number): boolean {
  return bytes.subarray(at, (at + 4) & ~3).every((byte) => byte === 0);
}
