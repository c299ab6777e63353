import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { filetimeOf, joinFiletime, millisecondsOfFiletime, splitFiletime } from "../index.ts";

test("FILETIME: the epochs, and both ways", () => {
  assert.equal(filetimeOf(0), 116_444_736_000_000_000n);
  assert.equal(millisecondsOfFiletime(0n), Date.UTC(1601, 0, 1));
  assert.equal(millisecondsOfFiletime(filetimeOf(Date.UTC(2026, 10, 20))), Date.UTC(2026, 10, 20));
  assert.equal(filetimeOf(0.0001), 116_444_736_000_000_001n);
  assert.deepEqual(splitFiletime(0x01da_0000_8000_0001n), {
    dwLowDateTime: 0x8000_0001,
    dwHighDateTime: 0x01da_0000,
  });
  assert.equal(joinFiletime({ dwLowDateTime: -1, dwHighDateTime: 1 }), 0x1_ffff_ffffn);
  fc.assert(
    fc.property(fc.bigInt(0n, (1n << 64n) - 1n), (value) => {
      assert.equal(joinFiletime(splitFiletime(value)), value);
    }),
  );
});
