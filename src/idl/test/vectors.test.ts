import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ByteReader, fromHex, GUID_NULL } from "../../base/index.ts";
import { type InterfaceDescriptor, methodCodec, plainContext } from "../../ndr/index.ts";
import { IDispatch } from "../../automation/gen/oaidl.ts";
import { root } from "./support.ts";

/*
 * Requests that impacket 0.10 (Debian) encoded, decoded with what the well-known files became. fixtures/impacket.json holds their
 * stub data; those of object interfaces begin with an ORPCTHIS of 32 bytes.
 */

const vectors = JSON.parse(readFileSync(join(root, "src/idl/test/fixtures/impacket.json"), "utf8")) as Record<
  string,
  string
>;

/** Generated modules of layers that stand beside this one. */
async function generated(path: string, name: string): Promise<InterfaceDescriptor> {
  const module = (await import(new URL(`../../${path}`, import.meta.url).href)) as Record<string, unknown>;
  return module[name] as InterfaceDescriptor;
}

function decode(descriptor: InterfaceDescriptor, name: string, orpc = false): unknown[] {
  const method = descriptor.methods.find((it) => it.name === name);
  assert.ok(method, name);
  const bytes = fromHex(vectors[name] ?? "");
  return methodCodec(method).decodeRequest(new ByteReader(orpc ? bytes.subarray(32) : bytes), plainContext);
}

test("endpoint mapper", async () => {
  const epm = await generated("rpc/gen/epmapper.js", "epm");
  const [object, tower, handle, most] = decode(epm, "ept_map") as [
    unknown,
    { tower_length: number; tower_octet_string: Uint8Array },
    { uuid: string },
    number,
  ];
  assert.equal(object, GUID_NULL);
  assert.equal(tower.tower_length, 75);
  assert.equal(tower.tower_octet_string.length, 75);
  assert.deepEqual([handle.uuid, most], [GUID_NULL, 1]);
  const lookup = decode(epm, "ept_lookup");
  assert.deepEqual([lookup[0], lookup[1], lookup[2], lookup[3], lookup[5]], [0, null, null, 1, 499]);
});

test("OXID resolver", async () => {
  const resolver = await generated("dcom/gen/dcom.js", "IObjectExporter");
  assert.deepEqual(decode(resolver, "ResolveOxid2"), [0x1122334455667788n, 1, new Uint16Array([7])]);
  assert.deepEqual(decode(resolver, "ComplexPing"), [5n, 3, 2, 0, new BigUint64Array([7n, 9n]), null]);
  assert.deepEqual(decode(resolver, "SimplePing"), [77n]);
});

test("remote IUnknown", async () => {
  const unknown = await generated("dcom/gen/dcom.js", "IRemUnknown");
  const ipid = "11111111-2222-3333-4444-555555555555";
  assert.deepEqual(decode(unknown, "RemQueryInterface", true), [ipid, 1, 1, [IDispatch.iid]]);
  assert.deepEqual(decode(unknown, "RemRelease", true), [1, [{ ipid, cPublicRefs: 5, cPrivateRefs: 0 }]]);
});

test("late binding", () => {
  assert.deepEqual(decode(IDispatch, "GetIDsOfNames", true), [GUID_NULL, ["Add"], 1, 0x409]);
  const [id, riid, lcid, flags, params, count] = decode(IDispatch, "Invoke", true) as [
    number,
    string,
    number,
    number,
    { rgvarg: { vt: number; value: unknown }[]; cArgs: number; cNamedArgs: number },
    number,
  ];
  assert.deepEqual([id, riid, lcid, flags, count], [5, GUID_NULL, 0, 1, 0]);
  assert.deepEqual([params.cArgs, params.cNamedArgs], [2, 0]);
  assert.deepEqual(
    params.rgvarg.map((it) => [it.vt, it.value]),
    [
      [3, 2],
      [8, "hi"],
    ],
  );
});
