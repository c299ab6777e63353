import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter, fromHex, toHex } from "../../base/index.ts";
import { methodCodec, ndr20, plainContext } from "../../ndr/index.ts";
import type { DispParams } from "../dispatch-server.ts";
import { IDispatch, VARIANT } from "../gen/oaidl.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { decode, encode } from "./support.ts";

/* Bytes that others wrote: a call of Windows' own script host, and VARIANTs by impacket's NDR engine with the declarations of [MS-OAUT]. */

/** Frame 516 of the capture A1 (see conformance/captures/SOURCES.md): ExecuteShellCommand of MMC20.Application, from the ORPCTHIS on. */
const invoke = fromHex(`
  0500070000000000000000009a87db93eb5a844f97be637a19b65b220000000036000000000000000000000000000000000000000000000003000000
  0000020000000000040000000000000004000000557365725573657255736572557365720500000000000000080000000000000008000000b94b9cc4
  010000000200000001000000370000000800000000000000080000000000000008000000394d9cc40b000000160000000b0000002f00630020006800
  6f00730074006e0061006d0065000000020000000500000000000000080000000000000008000000a9469cc400000000000000000000000055005200
  0600000000000000080000000000000008000000a9439cc403000000060000000300000063006d006400000000000000000000000000000000000000
  00000000`);

/** Padding behind two of the strings, in which old memory stands. */
const padding: readonly number[] = [194, 195, 196, 197, 236, 237, 238, 239];

/** Bytes of the ORPCTHIS. */
const head = 32;

test("a call by Windows' script host is understood and written alike", () => {
  const method = IDispatch.methods.find(({ name }) => name === "Invoke");
  assert.ok(method !== undefined);
  const codec = methodCodec(method, ndr20);
  const reader = new ByteReader(invoke, head);
  reader.origin = 0;
  const args = codec.decodeRequest(reader, plainContext);
  const [dispId, , , flags, params] = args as [number, string, number, number, DispParams];
  assert.equal(dispId, 0x36);
  assert.equal(flags, 3, "METHOD and PROPERTYGET at once, also on the wire");
  assert.deepEqual(
    params.rgvarg,
    ["7", "/c hostname", "", "cmd"].map((text) => new Variant(VT.BSTR, text)),
  );
  const writer = new ByteWriter();
  writer.raw(invoke.subarray(0, head));
  codec.encodeRequest(writer, args, plainContext);
  assert.equal(toHex(alike(writer.finish(), invoke)), toHex(invoke.subarray(0, writer.pos)));
});

/** Ours with the memory addresses and the padding of theirs, which mean nothing: everything else must be the same. */
function alike(ours: Uint8Array, theirs: Uint8Array): Uint8Array {
  const copy = ours.slice();
  const [mine, other] = [copy, theirs].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset)) as [
    DataView,
    DataView,
  ];
  for (let at = 0; at + 4 <= copy.length; at += 4) {
    const isAddress = mine.getUint32(at, true) === 0x72657355 && other.getUint32(at, true) !== 0;
    if (isAddress) mine.setUint32(at, other.getUint32(at, true), true);
  }
  for (const at of padding) copy[at] = theirs[at] ?? 0;
  return copy;
}

test("VARIANTs that impacket wrote", () => {
  const vectors: readonly (readonly [string, Variant])[] = [
    ["e7520000abababab0500000000000000020000000000000002000000fdff", new Variant(VT.I2, -3)],
    [
      "9f260000abababab0500000000000000050000000000000005000000bfbfbfbf0000000000000440",
      new Variant(VT.R8, 2.5),
    ],
    [
      "a4a60000abababab0500000000000000060000000000000006000000abababab3930000000000000",
      new Variant(VT.CY, 12345n),
    ],
    [
      "8c120000abababab050000000000000008000000000000000800000040d2000003000000060000000300000061000000e900",
      new Variant(VT.BSTR, "a\0é"),
    ],
    ["19180000abababab05000000000000000b000000000000000b000000ffff", new Variant(VT.BOOL, true)],
    [
      "32950000abababab0500000000000000150000000000000015000000bfbfbfbfffffffffffffffff",
      new Variant(VT.UI8, 2n ** 64n - 1n),
    ],
    [
      "e3e80000abababab0500000000000000140000000000000014000000bfbfbfbffbffffffffffffff",
      new Variant(VT.I8, -5n),
    ],
    [
      "828e0000abababab0500000000000000034000000000000003400000c5db00004d000000",
      Variant.byRef(VT.I4, { value: 77 }),
    ],
    [
      "f7360000abababab05000000000000000320000000000000002000000e6b0000046f0000020000000200800004000000000003000300000006000000e31100000300000000000000020000000500000006000000010000000200000003000000040000000500000006000000",
      new Variant(
        VT.ARRAY | VT.I4,
        new SafeArray(VT.I4, new Int32Array([1, 2, 3, 4, 5, 6]), [
          { lower: 5, count: 2 },
          { lower: 0, count: 3 },
        ]),
      ),
    ],
    [
      "39170000abababab0500000000000000082000000000000000200000add30000220f0000010000000100800104000000000008000800000002000000c2900000020000000000000002000000b21f00008df200000100000002000000010000007800eeee000000000000000000000000",
      new Variant(VT.ARRAY | VT.BSTR, new SafeArray(VT.BSTR, ["x", ""])),
    ],
    [
      "d70f0000abababab05000000000000000c2000000000000000200000b20c00008d65000001000000010080081000000000000c000c00000002000000ecf90000020000000000000002000000a0a0000040950000abababab05000000000000000300000000000000030000000100000005000000000000000800000000000000080000009ef2000002000000040000000200000069006e00",
      new Variant(
        VT.ARRAY | VT.VARIANT,
        new SafeArray(VT.VARIANT, [new Variant(VT.I4, 1), new Variant(VT.BSTR, "in")]),
      ),
    ],
  ];
  for (const [hex, expected] of vectors) {
    const bytes = fromHex(hex);
    assert.deepEqual(decode(VARIANT, bytes, ndr20), expected);
    // Ours has the same shape: as long, and the same but for referents, padding and the size impacket does not count.
    const ours = encode(VARIANT, expected, ndr20);
    assert.equal(ours.length, bytes.length, String(expected));
    assert.equal(toHex(ours.subarray(12, 24)), toHex(bytes.subarray(12, 24)), String(expected));
  }
});
