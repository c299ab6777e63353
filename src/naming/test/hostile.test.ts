import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { ComError, HResult, fromHex, guidFromBytes } from "../../base/index.ts";
import { IMoniker } from "../../com/gen/objidl.ts";
import type { Runtime } from "../../com/index.ts";
import {
  createFileMoniker,
  createGenericComposite,
  createItemMoniker,
  monikerBytes,
  monikerFromBytes,
  monikerUnmarshalers,
  namingOf,
  parseDisplayName,
} from "../index.ts";
import { le32, made, nameOf, openRuntime } from "./support.ts";

/* Names from outside that mean harm: each ends soon, in an error that says why. */

let com: Runtime;
before(async () => (com = await openRuntime()));
after(() => com.close());

const composite = "0903000000000000c000000000000046";
const item = "0403000000000000c000000000000046";
const file = "0303000000000000c000000000000046";

const load = (hex: string): Promise<unknown> => monikerFromBytes(com, fromHex(hex));

test("counts and lengths that promise more than there is, or than is allowed", async () => {
  const { E_INVALIDARG } = HResult;
  for (const [hex, why] of [
    [`${composite}${le32(0xffffffff)}`, /components/],
    [`${composite}${le32(1001)}`, /components/],
    [`${composite}${le32(0)}`, /components/],
    [`${composite}${le32(1)}`, /components/],
    [`${composite}${le32(1000)}`, /cut off/],
    [`${item}${le32(0xffffffff)}`, /are allowed/],
    [`${item}${le32(1_000_000)}`, /cut off/],
    [`${file}0000${le32(0x7fffffff)}`, /are allowed/],
    [`${file}ffff${le32(1)}00${"00".repeat(24)}${le32(0)}`, /leaves 65535 directories/],
    [`${file}0000${le32(1)}00${"00".repeat(24)}${le32(3)}`, /a path of 3 bytes/],
    [`${file}0000${le32(1)}00${"00".repeat(24)}${le32(10)}${le32(9)}0300`, /two lengths/],
    [`1a03000000000000c000000000000046${"00".repeat(16)}${le32(0x10000000)}`, /are allowed/],
    ["", /cut off/],
    [composite, /cut off/],
  ] as const)
    await assert.rejects(
      load(hex),
      (error: ComError) => error.code === E_INVALIDARG && why.test(error.message),
      hex,
    );
});

test("composites within composites", async () => {
  const deep = (levels: number): string => `${composite}${le32(2)}`.repeat(levels);
  await assert.rejects(load(deep(100_000)), { code: HResult.E_INVALIDARG });
  // What nests moderately is flattened: a composite never holds another.
  const leaf = `${item}00000000020000006100`;
  using flat = await monikerFromBytes(com, fromHex(`${deep(50)}${leaf.repeat(51)}`));
  assert.equal(await nameOf(com, flat), "a".repeat(51));
  // Many small composites that are too many together.
  const wide = `${composite}${le32(40)}${`${composite}${le32(30)}${leaf.repeat(30)}`.repeat(40)}`;
  await assert.rejects(load(wide), { code: HResult.E_INVALIDARG });
});

test("references within references", () => {
  const meow = (clsid: string): string =>
    `4d454f57040000000f00000000000000c000000000000046${clsid}0000000000000000`;
  const pointerClass = "0603000000000000c000000000000046";
  const readers = monikerUnmarshalers(() => com);
  for (const clsid of [pointerClass, composite]) {
    const read = readers.get(guidFromBytes(fromHex(clsid)));
    assert.ok(read !== undefined);
    for (const levels of [900, 1100, 20_000]) {
      const data = fromHex(meow(clsid).repeat(levels));
      assert.throws(
        () => read(IMoniker.iid, { clsid: guidFromBytes(fromHex(clsid)), data }),
        (error: ComError) =>
          error.code === HResult.E_INVALIDARG &&
          (levels < 1000 ? /cut off/ : /references/).test(error.message),
        `${clsid} ${levels}`,
      );
    }
  }
});

test("composition does not go beyond the limit", async () => {
  const naming = namingOf(com);
  naming.limits = { ...naming.limits, maxComponents: 3 };
  using two = await made(com, "CI1I2");
  await assert.rejects(createGenericComposite(com, two, two), { code: HResult.E_OUTOFMEMORY });
  naming.limits = { ...naming.limits, maxComponents: 1000 };
});

test("long names, and names of nothing but separators", async () => {
  const started = performance.now();
  await assert.rejects(parseDisplayName(com, "x".repeat(40_000)), { code: HResult.MK_E_SYNTAX });
  await assert.rejects(parseDisplayName(com, "!".repeat(32_000)), { code: HResult.MK_E_SYNTAX });
  await assert.rejects(parseDisplayName(com, "\\q".repeat(16_000)), { code: HResult.MK_E_SYNTAX });
  await assert.rejects(parseDisplayName(com, "a:".repeat(16_000)), { code: HResult.MK_E_SYNTAX });
  using many = await parseDisplayName(com, `/${"!x".repeat(60)}`);
  assert.equal(await nameOf(com, many), `/${"!x".repeat(60)}`);
  assert.throws(() => createFileMoniker(com, "x".repeat(40_000)), { code: HResult.MK_E_SYNTAX });
  assert.throws(() => createItemMoniker(com, "!", "x".repeat(40_000)), { code: HResult.MK_E_SYNTAX });
  using most = await monikerFromBytes(com, fromHex(`0503000000000000c000000000000046${le32(0xfffff)}`));
  await assert.rejects(nameOf(com, most), { code: HResult.E_OUTOFMEMORY });
  assert.ok(performance.now() - started < 5000);
});

test("any bytes end in a moniker or an error, at once", async () => {
  const classes = [composite, item, file, "1a03", "2703", "e0c9"].map((one) => fromHex(one));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...classes), fc.uint8Array({ maxLength: 200 }), async (head, rest) => {
      try {
        using _ = await monikerFromBytes(com, new Uint8Array([...head, ...rest]));
      } catch (error) {
        assert.ok(error instanceof ComError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test("what is changed in one byte is still read whole or not at all", async () => {
  using whole = await made(com, "CFC:\\a\\b;CI1I2");
  const bytes = await monikerBytes(com, whole);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, byte) => {
      const changed = bytes.slice();
      changed[at] = byte;
      try {
        using read = await monikerFromBytes(com, changed);
        await nameOf(com, read);
      } catch (error) {
        assert.ok(error instanceof ComError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
