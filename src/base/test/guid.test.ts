import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  ComError,
  formatGuid,
  fromHex,
  GUID_NULL,
  guidFromBytes,
  guidToBytes,
  HResult,
  newGuid,
  newSequentialGuid,
  parseGuid,
  toHex,
  tryParseGuid,
} from "../index.ts";

// IID_IUnknown as every OBJREF of a capture has it.
const unknown = "00000000-0000-0000-c000-000000000046";
// IID_IDispatch's neighbour with distinct bytes, [MS-OAUT] 1.9: IDispatch.
const dispatch = "00020400-0000-0000-c000-000000000046";

test("text forms", () => {
  assert.equal(parseGuid("{00020400-0000-0000-C000-000000000046}"), dispatch);
  assert.equal(parseGuid("  00020400-0000-0000-C000-000000000046 "), dispatch);
  assert.equal(formatGuid(parseGuid(dispatch)), "{00020400-0000-0000-C000-000000000046}");
  for (const bad of [
    "",
    "x",
    "{00020400-0000-0000-C000-000000000046",
    "00020400-0000-0000-C000-00000000004",
    "00020400000000000C000000000000046",
    `${dispatch}0`,
    "g0020400-0000-0000-c000-000000000046",
  ]) {
    assert.equal(tryParseGuid(bad), undefined, bad);
    assert.throws(
      () => parseGuid(bad),
      (error: unknown) => error instanceof ComError && error.code === HResult.CO_E_CLASSSTRING,
    );
  }
});

test("bytes are three little-endian numbers and eight bytes", () => {
  // From a bind of Windows: IOXIDResolver's UUID, and the NDR syntax.
  assert.equal(
    guidFromBytes(fromHex("c4fefc9960521b10bbcb00aa0021347a")),
    "99fcfec4-5260-101b-bbcb-00aa0021347a",
  );
  assert.equal(
    guidFromBytes(fromHex("045d888aeb1cc9119fe808002b104860")),
    "8a885d04-1ceb-11c9-9fe8-08002b104860",
  );
  assert.equal(toHex(guidToBytes(parseGuid(unknown))), "0000000000000000c000000000000046");
  assert.equal(
    guidFromBytes(fromHex("99fcfec45260101bbbcb00aa0021347a"), 0, false),
    "99fcfec4-5260-101b-bbcb-00aa0021347a",
  );
  assert.throws(() => guidFromBytes(new Uint8Array(15)), ComError);
  assert.throws(() => guidFromBytes(new Uint8Array(20), 5), ComError);
});

test("any sixteen bytes come back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const guid = guidFromBytes(bytes);
      assert.equal(toHex(guidToBytes(guid)), toHex(bytes));
      assert.equal(parseGuid(formatGuid(guid)), guid);
    }),
  );
});

test("new ones differ and carry their version", () => {
  const made = new Set(Array.from({ length: 1000 }, () => newGuid()));
  assert.equal(made.size, 1000);
  for (const guid of made) assert.match(guid, /^.{14}4.{4}[89ab]/);
  const timed = Array.from({ length: 1000 }, () => newSequentialGuid(1_700_000_000_000));
  assert.equal(new Set(timed).size, 1000);
  for (const guid of timed) assert.match(guid, /^.{14}1.{4}[89ab]/);
  // The time can be read back: 100 ns since 1582-10-15.
  const [low = "", mid = "", high = ""] = newSequentialGuid(1_800_000_000_000).split("-");
  const ticks = BigInt(`0x${high.slice(1)}${mid}${low}`) - 0x01b21dd213814000n;
  assert.equal(Number(ticks / 10_000n), 1_800_000_000_000);
  assert.equal(GUID_NULL.replaceAll(/[0-]/g, ""), "");
});
