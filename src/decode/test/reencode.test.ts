import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter, defaultLimits } from "../../base/index.ts";
import {
  decodeActivationBlob,
  decodeObjref,
  encodeActivationBlob,
  encodeObjref,
  readOrpcThis,
} from "../../dcom/index.ts";
import { allMethods, type MarshalContext, methodCodec } from "../../ndr/index.ts";
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

/** Stubs in clear of whole requests, with what is known of their call. */
function* requests(): Generator<{
  where: string;
  stub: Uint8Array;
  uuid: string;
  opnum: number;
  ndr: boolean;
}> {
  for (const name of captureFiles()) {
    const file = readCapture(name);
    const explained = [...decodeCapture(file)];
    for (const [i, raw] of [...findPdus(file, defaultDecodeLimits, new Notes(9))].entries()) {
      const pdu = explained[i];
      if (
        pdu?.type !== "request" ||
        pdu.carrier === "udp" ||
        pdu.fragment !== undefined ||
        pdu.auth?.level === 6
      )
        continue;
      const { body } = decodePdu(raw.bytes);
      if (body.type !== PacketType.request || pdu.interface === undefined) continue;
      const ndr = !JSON.stringify(pdu.body).includes("NDR64");
      yield {
        where: `${name} ${pdu.frame}`,
        stub: body.stub,
        uuid: pdu.interface.uuid,
        opnum: body.opnum,
        ndr,
      };
    }
  }
}

test("every OBJREF of the captures comes out as it was read", () => {
  let count = 0;
  for (const { where, stub } of requests()) {
    const at = Buffer.from(stub).indexOf("MEOW");
    if (at < 0) continue;
    // The length stands in front of it, in the MInterfacePointer.
    const length = new DataView(stub.buffer, stub.byteOffset).getUint32(at - 4, true);
    const bytes = stub.subarray(at, at + length);
    const objref = decodeObjref(bytes);
    assert.deepEqual(encodeObjref(objref), bytes, where);
    if (objref.form === "custom" && objref.clsid === "00000338-0000-0000-c000-000000000046") {
      assert.deepEqual(encodeActivationBlob(decodeActivationBlob(bytes)), bytes, where);
      count++;
    }
  }
  assert.ok(count >= 3, `${count} activations`);
});

test("the arguments of every call whose contract is known: decoded, encoded, decoded again they are the same", () => {
  let count = 0;
  for (const { where, stub, uuid, opnum, ndr } of requests()) {
    const contract = knownInterface(uuid as Parameters<typeof knownInterface>[0]);
    const method =
      contract === undefined ? undefined : allMethods(contract).find((one) => one.opnum === opnum);
    if (contract === undefined || method === undefined || !ndr) continue;
    const reader = new ByteReader(stub);
    if (contract.kind !== "rpc") readOrpcThis(reader);
    const codec = methodCodec(method);
    const args = codec.decodeRequest(reader, rawPointers);
    const writer = new ByteWriter();
    codec.encodeRequest(writer, args, rawPointers);
    const again = codec.decodeRequest(new ByteReader(writer.finish()), rawPointers);
    assert.deepEqual(again, args, where);
    count++;
  }
  assert.ok(count >= 40, `${count} calls`);
});
