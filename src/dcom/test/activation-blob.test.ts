import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, type Guid, toHex } from "../../base/index.ts";
import { type ActivationBlob, decodeActivationBlob, encodeActivationBlob } from "../activation/blob.ts";
import { type WireActivated, buildReply, readReply } from "../activation/reply.ts";
import { buildRequest, readRequest } from "../activation/request.ts";
import { A1, A4, B3, C1, objrefsOf } from "./captures.ts";

/** The BLOBs Windows sent: requests and replies of RemoteGetClassObject and RemoteCreateInstance. */
function blobs(): { name: string; bytes: Uint8Array }[] {
  const found: { name: string; bytes: Uint8Array }[] = [];
  for (const name of [A1, A4, B3, C1]) {
    for (const bytes of objrefsOf(name)) {
      const clsid = toHex(bytes.subarray(24, 28));
      if (clsid === "38030000" || clsid === "39030000") found.push({ name, bytes });
    }
  }
  return found;
}

test("the activation properties of real Windows machines are written back byte for byte", () => {
  const all = blobs();
  assert.ok(all.length >= 8, `${all.length} found`);
  for (const { name, bytes } of all) {
    const blob = decodeActivationBlob(bytes);
    assert.equal(toHex(encodeActivationBlob(blob)), toHex(bytes), `${name} ${blob.direction}`);
    for (const property of blob.properties) assert.notEqual(property.name, undefined);
  }
});

test("what Windows asks and answers is understood", () => {
  const [request, reply] = blobs().map(({ bytes }) => decodeActivationBlob(bytes));
  const names = (blob = request) => blob?.properties.map(({ name }) => name);
  assert.deepEqual(names(), [
    "SpecialSystemProperties",
    "InstantiationInfo",
    "ActivationContextInfo",
    "SecurityInfo",
    "ServerLocationInfo",
    "ScmRequestInfo",
  ]);
  assert.deepEqual(names(reply), ["PropsOutInfo", "ScmReplyInfo"]);
  const info = request?.properties.find((property) => property.name === "InstantiationInfo");
  assert.equal(info?.value.classId, "49b2791a-b1ae-4c90-9b8e-e860ba07f889");
  assert.deepEqual(info?.value.pIID, ["00000001-0000-0000-c000-000000000046"]);
  const out = reply?.properties.find((property) => property.name === "ScmReplyInfo");
  assert.equal(out?.value.remoteReply?.Oxid, 0xb5c018689dc8086en);
});

test("bytes cut off or changed anywhere are refused or read, never worse", () => {
  const started = Date.now();
  for (const { bytes } of blobs().slice(0, 2)) {
    for (let length = 0; length < bytes.length; length += 3) {
      assert.throws(() => decodeActivationBlob(bytes.subarray(0, length)), ComError, `${length} bytes`);
    }
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 0xff, 0x7f]) {
        const changed = bytes.slice();
        changed[at] = value;
        try {
          decodeActivationBlob(changed);
        } catch (error) {
          assert.ok(error instanceof ComError, String(error));
        }
      }
    }
  }
  assert.ok(Date.now() - started < 10_000);
});

test("our own requests have the order, sizes and fields of Windows", () => {
  const [bytes] = blobs().map((blob) => blob.bytes);
  const windows = decodeActivationBlob(bytes as Uint8Array);
  const asked = readRequest(windows);
  const ours = buildRequest({ ...asked, machine: "192.168.56.101" });
  const withId = (blob: ActivationBlob) => ({
    ...blob,
    properties: blob.properties.map((property) =>
      property.name === "ActivationContextInfo" ? { name: property.name } : property,
    ),
  });
  assert.deepEqual(withId(ours), withId(windows));
  assert.equal(encodeActivationBlob(ours).length, bytes?.length);
});

test("a reply is read back as it was built, with failures beside successes", () => {
  const activated: WireActivated = {
    oxid: 0x1234567890abcdefn,
    exporter: {
      bindings: {
        strings: [{ tower: 7, address: "127.0.0.1[4711]" }],
        security: [{ service: 10, principal: "", reserved: 0xffff }],
      },
      ipidRemUnknown: "00000c00-1d48-0000-cfef-2103fc63101b" as Guid,
      authenticationHint: 6,
      version: { major: 5, minor: 7 },
    },
    interfaces: [
      { iid: "00000001-0000-0000-c000-000000000046" as Guid, hresult: 0, objref: new Uint8Array([1, 2, 3]) },
      { iid: "00000002-0000-0000-c000-000000000046" as Guid, hresult: 0x80004002 },
    ],
  };
  const bytes = encodeActivationBlob(buildReply(activated));
  assert.deepEqual(readReply(decodeActivationBlob(bytes)), activated);
});

test("the older form of SpecialPropertiesData is read too", () => {
  const [bytes] = blobs().map((blob) => blob.bytes);
  const blob = decodeActivationBlob(bytes as Uint8Array);
  const older = blob.properties.map((property) =>
    property.name === "SpecialSystemProperties"
      ? { ...property, value: { ...property.value, Reserved3: new Uint32Array(8) } }
      : property,
  );
  const shorter = encodeActivationBlob({ ...blob, properties: older });
  assert.equal(shorter.length, (bytes?.length ?? 0) - 8);
  assert.deepEqual(decodeActivationBlob(shorter).properties, older);
});

test("an activation without interfaces, or for too many, is refused", () => {
  const empty = { direction: "in", destination: 2, properties: [] } as const;
  assert.throws(() => readRequest(empty), ComError);
  const [bytes] = blobs().map((blob) => blob.bytes);
  const asked = readRequest(decodeActivationBlob(bytes as Uint8Array));
  const iids = Array.from({ length: 5000 }, () => asked.clsid);
  const many = decodeActivationBlob(encodeActivationBlob(buildRequest({ ...asked, iids })));
  assert.throws(() => readRequest(many), ComError);
});
