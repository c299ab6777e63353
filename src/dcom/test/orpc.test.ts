import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader, ByteWriter, ComError, HResult, fromHex, guid, toHex } from "../../base/index.ts";
import { contextExtent, readContextExtent } from "../orpc/context-extent.ts";
import { errorExtent, readErrorExtent } from "../orpc/error-info.ts";
import { readOrpcThat, writeOrpcThat } from "../orpc/orpc-that.ts";
import { readOrpcThis, writeOrpcThis } from "../orpc/orpc-this.ts";
import {
  causalityGuid,
  currentCausality,
  enterCausality,
  leaveCausality,
  withLastingCausality,
} from "../../com/index.ts";

// Frame 94 of A1: RemQueryInterface for IProvideClassInfo, from the stub data on.
const request =
  "05000700 00000000 00000000 131abf5cb4552b4893e365ad93d42850 00000000" +
  "0abc0000 6806ec04 0953aacaf2a4d05b 05000000 0100 0000 01000000 83b296b1b4ba1a10b69c00aa00341d07";

test("an ORPCTHIS of Windows is read", () => {
  const head = readOrpcThis(new ByteReader(fromHex(request)));
  assert.equal(head.minor, 7);
  assert.equal(causalityGuid(head), "5cbf1a13-55b4-482b-93e3-65ad93d42850");
  assert.deepEqual(head.extents, []);
});

test("calls made while serving one keep its causality, root calls get new ones", () => {
  const incoming = readOrpcThis(new ByteReader(fromHex(request)));
  const before = enterCausality(incoming);
  const writer = new ByteWriter(8);
  writeOrpcThis(writer);
  leaveCausality(before);
  assert.equal(toHex(writer.finish()), request.replaceAll(" ", "").slice(0, 64));
  const roots = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    writer.reset();
    writeOrpcThis(writer);
    roots.add(toHex(writer.written(12)).slice(0, 32));
  }
  assert.equal(roots.size, 1000);
});

test("lasting causality survives await", async () => {
  const cause = { cid0: 1, cid1: 2, cid2: 3, cid3: 4 };
  await withLastingCausality(cause, async () => {
    await Promise.resolve();
    assert.deepEqual(currentCausality(), cause);
  });
  assert.equal(currentCausality(), undefined);
});

test("a big-endian caller's causality is the same identifier", () => {
  const little = readOrpcThis(new ByteReader(fromHex(request)));
  const bytes = fromHex("00050007 00000000 00000000 5cbf1a13 55b4 482b 93e365ad93d42850 00000000");
  const big = readOrpcThis(new ByteReader(bytes, 0, bytes.length, false));
  assert.equal(causalityGuid(big), causalityGuid(little));
});

test("versions outside 5.1 to 5.7 are refused", () => {
  for (const [major, minor] of [
    [4, 7],
    [5, 0],
    [5, 8],
    [6, 1],
    [0, 0],
  ] as const) {
    const bytes = fromHex(request);
    bytes[0] = major;
    bytes[2] = minor;
    assert.throws(() => readOrpcThis(new ByteReader(bytes)), { code: HResult.RPC_E_VERSION_MISMATCH });
  }
});

const arbExtents = fc.array(
  fc.record({
    id: fc.constantFrom(
      guid("0000031c-0000-0000-c000-000000000046"),
      guid("f1f19680-4d2a-11ce-a66a-0020af6e72f4"),
    ),
    data: fc.uint8Array({ maxLength: 40 }),
  }),
  { maxLength: 5 },
);

test("extents are read back, on both heads", () => {
  fc.assert(
    fc.property(arbExtents, (made) => {
      const extents = structuredClone(made);
      const writer = new ByteWriter(16);
      writeOrpcThis(writer, undefined, extents);
      const end = writer.pos;
      writeOrpcThat(writer, extents);
      const reader = new ByteReader(writer.finish(), 0, end);
      assert.deepEqual(readOrpcThis(reader).extents, extents);
      assert.equal(reader.remaining, 0);
      const that = new ByteReader(writer.bytes, end, writer.pos);
      assert.deepEqual(readOrpcThat(that), extents);
    }),
  );
});

test("an extent array as the specification lays it out", () => {
  const writer = new ByteWriter(16);
  writeOrpcThat(writer, [{ id: guid("0000031c-0000-0000-c000-000000000046"), data: Uint8Array.of(1, 2, 3) }]);
  assert.equal(
    toHex(writer.finish()),
    "00000000" +
      "00000200" +
      "0100000000000000" +
      "04000200" +
      "02000000" +
      "0800020000000000" +
      "08000000" +
      "1c03000000000000c000000000000046" +
      "03000000" +
      "0102030000000000",
  );
});

test("hostile extents end in an error", () => {
  const head = "05000700 00000000 00000000 131abf5cb4552b4893e365ad93d42850 01000000";
  const hostile = [
    "01000000 00000000 01000000 ffffffff 01000000",
    "01000000 00000000 01000000 02000000 01000000 00000000 ffffffff",
    "01000000 00000000 01000000 01000000 01000000 08000000 1c03000000000000c000000000000046 09000000 0000000000000000",
    "",
  ];
  for (const tail of hostile) {
    assert.throws(
      () => readOrpcThis(new ByteReader(fromHex(head + tail))),
      (error) => error instanceof ComError,
    );
  }
});

test("error information travels in its extent", () => {
  const info = {
    description: "the valve is closed",
    source: "Comity.Valve",
    helpFile: undefined,
    helpContext: 7,
    iid: "00020400-0000-0000-c000-000000000046",
  };
  assert.deepEqual(readErrorExtent(errorExtent(info)), info);
  const extent = errorExtent(info);
  for (let cut = 0; cut < extent.data.length; cut++) {
    readErrorExtent({ id: extent.id, data: extent.data.slice(0, cut) });
  }
});

test("context properties travel in theirs", () => {
  const entries = [
    { policy: guid("0000031c-0000-0000-c000-000000000046"), data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
    { policy: guid("f1f19680-4d2a-11ce-a66a-0020af6e72f4"), data: new Uint8Array(16).fill(7) },
  ];
  assert.deepEqual(readContextExtent(contextExtent({ entries, hresult: 0 })), { entries, hresult: 0 });
  assert.throws(() => readContextExtent({ id: entries[0]!.policy, data: new Uint8Array(40) }), ComError);
});
