import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter, ComError, defaultLimits } from "../../base/index.ts";
import {
  array,
  field,
  full,
  i32,
  interfacePointer,
  ref,
  string,
  struct,
  u16,
  u32,
  unique,
} from "../codegen/v1.ts";
import {
  codecFor,
  decodeFromBytes,
  encodeToBytes,
  type MarshalContext,
  type NdrType,
  plainContext,
} from "../index.ts";
import { BAD_STUB_DATA, bytes, hex, NULL_REF, refused, roundTrip, same } from "./support.ts";

interface Node {
  value: number;
  next: Node | null;
}

interface Tree {
  left: Tree | null;
  name: string | null;
  right: Tree | null;
  note: string | null;
}

const list: NdrType = struct("Node", () => [field("value", i32), field("next", unique(list))]);
const text = unique(string("wchar"));
const tree: NdrType = struct("Tree", () => [
  field("left", unique(tree)),
  field("name", text),
  field("right", unique(tree)),
  field("note", text),
]);
const graph: NdrType = struct("Graph", () => [
  field("a", full(graph)),
  field("value", i32),
  field("b", full(graph)),
]);

test("pointees stand in the order of [C706] 14.3.12.3", () => {
  const inner = struct("Inner", () => [field("p", unique(u16))]);
  const outer = struct("Outer", () => [
    field("first", unique(inner)),
    field("plain", u16),
    field("inner", inner),
    field("last", unique(u16)),
  ]);
  same(
    outer,
    { first: { p: 1 }, plain: 2, inner: { p: 3 }, last: 4 },
    "00000200 02000000 08000200 0c000200 04000200 0100 0300 0400",
  );
  same(
    unique(array(outer, { size: true })),
    [
      { first: { p: 1 }, plain: 2, inner: { p: 3 }, last: null },
      { first: null, plain: 5, inner: { p: null }, last: 6 },
    ],
    `00000200 02000000
     04000200 02000000 0c000200 00000000  00000000 05000000 00000000 10000200
     08000200 0100 0300 0600`,
  );
});

test("a ref pointer has an id when it is embedded and none at the top", () => {
  same(ref(u32), 7, "07000000");
  same(ref(ref(u32)), 7, "07000000");
  same(
    struct("S", () => [field("p", ref(u32))]),
    { p: 7 },
    "00000200 07000000",
  );
  // The id of a ref pointer means nothing, not even when it is zero.
  assert.deepEqual(
    decodeFromBytes(
      struct("S", () => [field("p", ref(u32))]),
      bytes("00000000 07000000"),
    ),
    { p: 7 },
  );
  refused(() => encodeToBytes(ref(u32), null), NULL_REF, /null/);
  refused(
    () =>
      encodeToBytes(
        struct("S", () => [field("p", ref(u32))]),
        { p: null },
      ),
    NULL_REF,
    /S\.p/,
  );
});

test("a pointer to a pointer that may be null is boxed", () => {
  const type = unique(unique(u16));
  same(type, null, "00000000");
  same(type, { to: null }, "00000200 00000000");
  same(type, { to: 5 }, "00000200 04000200 0500");
});

test("a list of 100,000 nodes needs no stack, either way", () => {
  let head: Node | null = null;
  for (let i = 100_000; i > 0; i--) head = { value: i, next: head };
  let count = 0;
  for (let at = roundTrip(list, head) as Node | null; at !== null; at = at.next)
    assert.equal(at.value, ++count);
  assert.equal(count, 100_000);
});

test("what stands behind the next pointer follows in reverse, through long lists too", () => {
  const leaf = (name: string): Tree => ({ left: null, name, right: null, note: `${name}!` });
  same(
    tree,
    { left: null, name: null, right: { left: null, name: null, right: null, note: "b" }, note: "a" },
    `00000000 00000000 00000200 08000200  00000000 00000000 00000000 04000200
     02000000 00000000 02000000 62000000  02000000 00000000 02000000 61000000`,
  );
  const value: Tree = { left: leaf("l"), name: "top", right: { ...leaf("r"), left: leaf("rl") }, note: null };
  assert.deepEqual(roundTrip(tree, value), value);
  let long: Tree = leaf("end");
  for (let i = 0; i < 20_000; i++) long = { left: null, name: null, right: long, note: `${i}` };
  let back = roundTrip(tree, long) as Tree;
  for (let i = 19_999; i >= 0; i--) {
    assert.equal(back.note, `${i}`);
    back = back.right as Tree;
  }
  assert.deepEqual(back, leaf("end"));
});

test("nesting that is no list stops at the limit", () => {
  let deep: Tree = { left: null, name: null, right: null, note: null };
  for (let i = 0; i < 1000; i++) deep = { left: deep, name: null, right: null, note: null };
  refused(() => encodeToBytes(tree, deep), BAD_STUB_DATA, /maxDepth/);
  const wire = new Uint8Array(16 * 1000);
  for (let i = 0; i < 1000; i++) wire[i * 16] = 1;
  refused(() => decodeFromBytes(tree, wire), BAD_STUB_DATA, /maxDepth/);
});

test("an endless value stops", () => {
  const ring: Node = { value: 1, next: null };
  ring.next = ring;
  const context = { ...plainContext, limits: { ...defaultLimits, maxMessageBytes: 100_000 } };
  assert.throws(() => codecFor(list).encode(new ByteWriter(), ring, context), ComError);
  const loop: Tree = { left: null, name: null, right: null, note: null };
  loop.left = loop;
  assert.throws(() => encodeToBytes(tree, loop), ComError);
});

test("full pointers: one object one id, and the same object again", () => {
  const pair = struct("Pair", () => [field("a", full(list)), field("b", full(list))]);
  const node: Node = { value: 9, next: null };
  same(pair, { a: node, b: node }, "00000200 00000200 09000000 00000000");
  const back = decodeFromBytes<{ a: Node; b: Node }>(pair, encodeToBytes(pair, { a: node, b: node }));
  assert.equal(back.a, back.b);
  same(pair, { a: node, b: { ...node } }, "00000200 04000200 09000000 00000000 09000000 00000000");
});

interface Graph {
  a: Graph | null;
  value: number;
  b: Graph | null;
}

test("full pointers may lead back", () => {
  const one: Graph = { a: null, value: 1, b: null };
  const two: Graph = { a: one, value: 2, b: null };
  one.b = two;
  two.b = two;
  const back = roundTrip(full(graph), one) as Graph;
  assert.equal(back.value, 1);
  assert.equal(back.b?.value, 2);
  assert.equal(back.b?.a, back);
  assert.equal(back.b?.b, back.b);
  one.a = one;
  assert.equal((roundTrip(full(graph), one) as Graph).a?.b?.value, 2);
});

test("a full pointer to a referent of another type is refused", () => {
  const mixed = struct("Mixed", () => [field("a", full(u32)), field("b", full(list))]);
  refused(() => decodeFromBytes(mixed, bytes("01000000 01000000 05000000")), BAD_STUB_DATA, /another type/);
});

test("interface pointers go through the context, with the IID that iid_is names", () => {
  const seen: string[] = [];
  const object = { name: "object" };
  const context: MarshalContext = {
    ...plainContext,
    marshalInterface(iid) {
      seen.push(`out ${iid}`);
      return bytes("4d454f57 aabb");
    },
    unmarshalInterface(iid, objref) {
      seen.push(`in ${iid} ${hex(objref)}`);
      return object;
    },
  };
  const type = struct("S", () => [
    field("p", interfacePointer("IUnknown", "00000000-0000-0000-C000-000000000046")),
    field("q", interfacePointer("IUnknown", "00000000-0000-0000-C000-000000000046")),
  ]);
  const wire = encodeToBytes(type, { p: object, q: null }, context);
  assert.equal(hex(wire), "000002000000000006000000060000004d454f57aabb");
  assert.deepEqual(decodeFromBytes(type, wire, context), { p: object, q: null });
  const iid = "00000000-0000-0000-c000-000000000046";
  assert.deepEqual(seen, [`out ${iid}`, `in ${iid} 4d454f57aabb`]);
  refused(
    () => decodeFromBytes(type, bytes("01000000 00000000 06000000 05000000 0000000000"), context),
    0x800706c6,
  );
  refused(
    () => decodeFromBytes(type, bytes("01000000 00000000 ffffff00 ffffff00 0000000000"), context),
    BAD_STUB_DATA,
  );
});
