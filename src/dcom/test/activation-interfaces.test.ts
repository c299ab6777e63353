import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter, toHex } from "../../base/index.ts";
import { allMethods, methodCodec, plainContext } from "../../ndr/index.ts";
import { IRemoteSCMActivator, type ORPCTHIS } from "../gen/dcom.ts";
import { A1, A4, B3, C1, capture } from "./captures.ts";

/** Request and response PDUs of IRemoteSCMActivator in a capture: the stub, whether it is a request, and the opnum. */
function stubs(name: string): { request: boolean; opnum: number; stub: Uint8Array }[] {
  const bytes = capture(name);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found: { request: boolean; opnum: number; stub: Uint8Array }[] = [];
  for (let at = 0; at + 120 < bytes.length; at++) {
    if (view.getUint32(at) !== 0x05000003 && view.getUint32(at) !== 0x05000203) continue;
    const request = bytes[at + 2] === 0;
    const objref = at + 24 + (request ? 32 + 12 : 8 + 12);
    const clsid = [objref, objref + 4].some((mark) => isActivation(view, mark));
    if (!clsid) continue;
    const length = view.getUint32(at + 16, true); // allocation hint: the stub without padding
    found.push({
      request,
      opnum: view.getUint16(at + 22, true),
      stub: bytes.slice(at + 24, at + 24 + length),
    });
  }
  return found;
}

function isActivation(view: DataView, at: number): boolean {
  const clsid = view.getUint32(at + 24, true);
  return view.getUint32(at, true) === 0x574f454d && (clsid === 0x338 || clsid === 0x339);
}

/** What Windows appends to protected requests: the verification trailer is no part of the parameters. */
const trailerMark = "8ae3137102f43671";

test("the activation calls of Windows are read, and written again byte for byte", () => {
  let count = 0;
  for (const name of [A1, A4, B3, C1]) {
    let opnum = 3;
    for (const { request, opnum: given, stub } of stubs(name)) {
      if (request) opnum = given;
      const method = allMethods(IRemoteSCMActivator).find((candidate) => candidate.opnum === opnum);
      assert.ok(method);
      const codec = methodCodec(method);
      const writer = new ByteWriter();
      const reader = new ByteReader(stub);
      if (request) {
        const args = codec.decodeRequest(reader, plainContext);
        assert.equal((args[0] as ORPCTHIS).flags, 1);
        codec.encodeRequest(writer, args, plainContext);
      } else {
        const status = { code: -1 };
        const result = codec.decodeResponse(reader, [], plainContext, status);
        assert.equal(status.code, 0);
        codec.encodeResponse(writer, [], result, 0, plainContext);
      }
      const [ours, theirs] = [toHex(writer.finish()), toHex(stub)];
      assert.equal(theirs.slice(0, ours.length), ours, `${name} ${request ? "request" : "response"}`);
      const rest = theirs.slice(ours.length).replace(/^(00)*/, "");
      assert.ok(rest === "" || rest.startsWith(trailerMark), rest);
      count++;
    }
  }
  assert.ok(count >= 8, `${count} found`);
});
