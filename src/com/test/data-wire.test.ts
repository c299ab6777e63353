import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ByteReader, ByteWriter, ComError, HResult, defaultLimits } from "../../base/index.ts";
import { type MarshalContext, type NdrType, codecFor, ndr20, ndr64 } from "../../ndr/index.ts";
import type { ClipboardFormat } from "../data/formats.ts";
import { type FlagStgMedium, type StgMedium, Tymed } from "../data/medium.ts";
import { FLAG_STGMEDIUM, STGMEDIUM } from "../gen/dataobj.ts";
import type { IStream } from "../gen/objidl.ts";
import { CLIPFORMAT, HGLOBAL } from "../gen/wtypes.ts";
import type { IUnknown } from "../unknown.ts";

/** OBJREFs that are seen at once in a dump. */
const objrefs = new Map<object, Uint8Array>();
const context: MarshalContext = {
  limits: defaultLimits,
  marshalInterface: (_, pointer) => {
    let bytes = objrefs.get(pointer);
    if (bytes === undefined) objrefs.set(pointer, (bytes = new Uint8Array(8).fill(0xa0 + objrefs.size)));
    return bytes;
  },
  unmarshalInterface: (_, objref) => {
    const found = [...objrefs].find(([, bytes]) => bytes[0] === objref[0]);
    assert.ok(found);
    return found[0];
  },
};

function encode(type: NdrType, value: unknown, syntax = ndr20): Uint8Array {
  const writer = new ByteWriter();
  codecFor(type, syntax).encode(writer, value, context);
  return writer.finish();
}

function decode(type: NdrType, bytes: Uint8Array, syntax = ndr20): unknown {
  return codecFor(type, syntax).decode(new ByteReader(bytes), context);
}

const words = (bytes: Uint8Array): readonly number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(i * 4, true));
};
const REMOTE = 0x52746457;
const INPROC = 0x48746457;

describe("the wire forms of uniform data transfer", () => {
  test("a registered format travels by name, a predefined one by number", () => {
    // What CLIPFORMAT_UserMarshal of Windows writes for "MyFormat": the tag, a referent, 9 0 9, and the name with its zero.
    const [referent, tag, name, ...counts] = words(encode(CLIPFORMAT, "MyFormat"));
    assert.notEqual(referent, 0);
    assert.equal(tag, REMOTE);
    assert.notEqual(name, 0);
    assert.deepEqual(counts.slice(0, 3), [9, 0, 9]);
    const bytes = encode(CLIPFORMAT, "MyFormat");
    assert.equal(Buffer.from(bytes.subarray(24)).toString("utf16le").slice(0, 9), "MyFormat\0");
    assert.deepEqual(words(encode(CLIPFORMAT, 13)).slice(1), [INPROC, 13]);
    assert.equal(decode(CLIPFORMAT, encode(CLIPFORMAT, "MyFormat")), "MyFormat");
    assert.equal(decode(CLIPFORMAT, encode(CLIPFORMAT, 0xc123)), 0xc123);
  });

  test("memory is tag, handle, size, handle again, size, bytes", () => {
    for (let size = 0; size <= 17; size++) {
      const data = Uint8Array.from({ length: size }, (_, i) => i);
      const bytes = encode(HGLOBAL, data).subarray(4);
      const [tag, handle, count, again, length] = words(bytes);
      assert.equal(tag, REMOTE);
      assert.notEqual(handle, 0);
      assert.deepEqual([count, again, length], [size, handle, size]);
      assert.deepEqual(bytes.subarray(20, 20 + size), data);
      assert.deepEqual(decode(HGLOBAL, encode(HGLOBAL, data)), data);
    }
    assert.deepEqual(words(encode(HGLOBAL, null)).slice(1), [REMOTE, 0]);
    assert.equal(decode(HGLOBAL, encode(HGLOBAL, null)), null);
  });

  test("a medium is its kind, what it leads to, and whom to release", () => {
    const release = { release: true } as unknown as IUnknown;
    const stream = { stream: true } as unknown as IStream;
    const nothing = encode(STGMEDIUM, { tymed: 0, pUnkForRelease: release }).subarray(4);
    const objref = [8, 8, 0xa0a0a0a0, 0xa0a0a0a0];
    const [kind, unknown, ...rest] = words(nothing);
    assert.equal(kind, Tymed.NULL);
    assert.notEqual(unknown, 0);
    assert.deepEqual(rest, objref);

    const both = words(encode(STGMEDIUM, { tymed: 4, pstm: stream, pUnkForRelease: release }).subarray(4));
    assert.equal(both[0], Tymed.ISTREAM);
    assert.ok(both[1] !== 0 && both[2] !== 0);
    assert.deepEqual(both.slice(3), [8, 8, 0xa1a1a1a1, 0xa1a1a1a1, ...objref]);

    const memory = words(encode(STGMEDIUM, { tymed: 1, hGlobal: Uint8Array.of(1, 2, 3, 4) }).subarray(4));
    assert.deepEqual([memory[0], memory[2]], [Tymed.HGLOBAL, 0]);
    const [, , , tag, handle, count, again, length, data] = memory;
    assert.deepEqual([tag, count, again, length, data], [REMOTE, 4, handle, 4, 0x04030201]);

    const file = encode(STGMEDIUM, { tymed: 2, lpszFileName: "a.txt" }).subarray(4);
    assert.deepEqual(words(file).slice(3, 6), [6, 0, 6]);
  });

  test("what is written is read, in both syntaxes", () => {
    const stream = { stream: true } as unknown as IStream;
    const media: fc.Arbitrary<StgMedium> = fc.oneof(
      fc.constant({ tymed: 0 } as const),
      fc.uint8Array({ maxLength: 40 }).map((hGlobal) => ({ tymed: 1, hGlobal }) as const),
      fc.constant({ tymed: 1, hGlobal: null } as const),
      fc
        .string({ maxLength: 20 })
        .filter((text) => !text.includes("\0"))
        .map((lpszFileName) => ({ tymed: 2, lpszFileName }) as const),
      fc.constant({ tymed: 4, pstm: stream } as const),
      fc.constant({ tymed: 8, pstg: null } as const),
    );
    fc.assert(
      fc.property(media, fc.boolean(), fc.constantFrom(ndr20, ndr64), (medium, pass, syntax) => {
        assert.deepEqual(decode(STGMEDIUM, encode(STGMEDIUM, medium, syntax), syntax), medium);
        const flagged: FlagStgMedium = { ...medium, fPassOwnership: pass };
        assert.deepEqual(decode(FLAG_STGMEDIUM, encode(FLAG_STGMEDIUM, flagged, syntax), syntax), flagged);
      }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(0xffff),
          fc.string({ minLength: 1, maxLength: 255 }).filter((text) => !text.includes("\0")),
        ) as fc.Arbitrary<ClipboardFormat>,
        (format) => {
          assert.equal(decode(CLIPFORMAT, encode(CLIPFORMAT, format)), format);
        },
      ),
    );
  });

  test("hostile: handles of other processes, names without an end or a beginning, media that are none", () => {
    const handle = new ByteWriter();
    for (const word of [1, INPROC, 0x1234]) handle.u32(word);
    assert.throws(() => decode(HGLOBAL, handle.finish()), { code: HResult.RPC_X_BAD_STUB_DATA });
    const nameless = new ByteWriter();
    for (const word of [1, REMOTE, 0]) nameless.u32(word);
    assert.throws(() => decode(CLIPFORMAT, nameless.finish()), { code: HResult.RPC_X_BAD_STUB_DATA });
    const long = encode(CLIPFORMAT, "x".repeat(255));
    assert.equal((decode(CLIPFORMAT, long) as string).length, 255);
    assert.throws(() => encode(CLIPFORMAT, "x".repeat(256)), { code: HResult.E_INVALIDARG });
    assert.throws(() => encode(CLIPFORMAT, ""), { code: HResult.E_INVALIDARG });
    assert.throws(() => encode(CLIPFORMAT, 1.5), { code: HResult.E_INVALIDARG });
    const medium = new ByteWriter();
    for (const word of [1, 3, 1, 0]) medium.u32(word);
    assert.throws(() => decode(STGMEDIUM, medium.finish()), ComError);
    const huge = new ByteWriter();
    for (const word of [1, REMOTE, 1, 0x7fffffff, 1, 0x7fffffff]) huge.u32(word);
    assert.throws(() => decode(HGLOBAL, huge.finish()), ComError);
    assert.throws(() => encode(STGMEDIUM, { tymed: 3 }), { code: HResult.E_INVALIDARG });
  });
});
