import { test } from "node:test";
import assert from "node:assert/strict";
import { ByteReader, ByteWriter, ComError, defaultLimits } from "../../base/index.ts";
import { array, arm, field, string, struct, u32, u8, union, unique } from "../codegen/v1.ts";
import { codecFor, decodeFromBytes, type NdrType, plainContext } from "../index.ts";
import { BAD_STUB_DATA, bytes, refused } from "./support.ts";

const text = unique(string("wchar"));
const item = struct("Item", () => [field("name", text), field("n", u32)]);

test("a giant count is refused before anything is allocated", () => {
  const types: NdrType[] = [
    array(u8, { size: true }),
    array(item, { size: true }),
    array(text, { size: true }),
    array(u8, { size: true }, { size: true }),
    array(
      union("U", u32, () => [arm([0], "", null)]),
      { size: true },
    ),
    array(string("wchar", { fixed: 4 }), { size: true }),
    string("wchar"),
    string("char"),
  ];
  const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  for (const count of ["ffffffff", "ffffff7f", "00000040", "ffffff00"]) {
    for (const type of types) {
      refusedSomehow(() =>
        decodeFromBytes(type, bytes(`${count} 00000000 ${count} ${count} 0000000000000000`)),
      );
      refusedSomehow(() =>
        decodeFromBytes(type, bytes(`${count} ${count} 00000000 ${count} 0000000000000000`)),
      );
    }
  }
  assert.ok(process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers - before < 50e6);
});

function refusedSomehow(run: () => unknown): void {
  assert.throws(run, (error: unknown) => error instanceof ComError);
}

test("rows and elements without bytes are counted too", () => {
  const empty = struct("Empty", () => []);
  refusedSomehow(() => decodeFromBytes(array(empty, { size: true }), bytes("ffffff00")));
  refusedSomehow(() =>
    decodeFromBytes(array(u8, { size: true }, { size: true }), bytes("ffffff00 00000000")),
  );
  assert.deepEqual(decodeFromBytes(array(u8, { size: true }, { size: true }), bytes("02000000 00000000")), [
    new Uint8Array(0),
    new Uint8Array(0),
  ]);
});

test("the limits of the context hold", () => {
  const limits = { ...defaultLimits, maxArrayElements: 3, maxStringUnits: 3 };
  const context = { ...plainContext, limits };
  const list = array(u8, { size: true });
  assert.deepEqual(decodeFromBytes(list, bytes("03000000 010203"), context), new Uint8Array([1, 2, 3]));
  refused(
    () => decodeFromBytes(list, bytes("04000000 01020304"), context),
    BAD_STUB_DATA,
    /maxArrayElements/,
  );
  refused(
    () => decodeFromBytes(string("char"), bytes("04000000 00000000 04000000 41414100"), context),
    BAD_STUB_DATA,
  );
});

test("a reader's end is an end although the buffer goes on", () => {
  const writer = new ByteWriter();
  codecFor(item).encode(writer, { name: "a name of some length", n: 7 }, plainContext);
  const { pos } = writer;
  writer.zeros(100);
  for (let end = 0; end < pos; end++) {
    refused(
      () => codecFor(item).decode(new ByteReader(writer.finish(), 0, end), plainContext),
      BAD_STUB_DATA,
    );
  }
});

test("a long list of corrupt messages takes little time", () => {
  const nested = struct("Nested", () => [
    field("items", unique(array(item, { size: "n" }))),
    field("n", u32),
    field("more", unique(array(text, { size: true }))),
  ]);
  const writer = new ByteWriter();
  const items = Array.from({ length: 20 }, (_, i) => ({ name: `item ${i}`, n: i }));
  codecFor(nested).encode(writer, { items, n: 20, more: ["a", null, "b"] }, plainContext);
  const good = writer.finish();
  const start = performance.now();
  let seed = 12345;
  const random = (n: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % n;
  let refusals = 0;
  for (let round = 0; round < 20_000; round++) {
    const bad = good.slice();
    for (let i = 0; i <= random(4); i++) bad[random(bad.length)] = random(256);
    try {
      decodeFromBytes(nested, bad, plainContext, { littleEndian: random(5) !== 0 });
    } catch (error) {
      assert.ok(error instanceof ComError, String(error));
      refusals++;
    }
  }
  assert.ok(refusals > 1000);
  assert.ok(performance.now() - start < 15_000);
});
