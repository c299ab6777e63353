import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ComError } from "../../base/index.ts";
import { Loopback } from "../../com/test/loopback.ts";
import { ITypeLib2, TYPEKIND } from "../gen/oaidl.ts";
import { TypeLibraries } from "../typelib/libraries.ts";
import { readTypeLibrary } from "../typelib/load.ts";
import { writeMsft } from "../typelib/msft/write.ts";
import { dumpLibrary, hexFixture, textFixture } from "./typelib-support.ts";

const sample32 = hexFixture("typelib-sample32.hex");
const sample64 = hexFixture("typelib-sample64.hex");
const asked = textFixture("typelib-sample.txt");

describe("type libraries in MSFT format", () => {
  it("say through the interfaces what Wine's oleaut32 says of them", async () => {
    const libraries = new TypeLibraries();
    using library = libraries.typeLib(libraries.add(readTypeLibrary(sample32)));
    assert.equal(await dumpLibrary(library), asked);
  });

  it("say the same for 64 bits, with places in vtables twice as far apart", async () => {
    const libraries = new TypeLibraries();
    const scope = libraries.add(readTypeLibrary(sample64));
    using library = libraries.typeLib(scope);
    assert.equal(await dumpLibrary(library), asked.replace(" sys 1 ", " sys 3 "));
    const shape = scope.library.types.find((type) => type.name === "IShape");
    assert.deepEqual(
      shape?.functions.slice(0, 3).map((desc) => desc.vtableOffset),
      [56, 64, 72],
    );
  });

  it("say the same to a caller elsewhere, through bytes", async () => {
    const wire = new Loopback();
    const libraries = new TypeLibraries();
    const object = libraries.libraryOf(libraries.add(readTypeLibrary(sample32)));
    {
      using library = wire.proxy(object, ITypeLib2);
      assert.equal(await dumpLibrary(library), asked);
    }
    assert.equal(wire.held, 0);
  });

  it("come back the same from a file of ours, whose bytes then never change", () => {
    for (const bytes of [sample32, sample64]) {
      const library = readTypeLibrary(bytes);
      const written = writeMsft(library);
      assert.equal(written.length, bytes.length);
      const again = readTypeLibrary(written);
      assert.deepEqual(again, library);
      assert.deepEqual(writeMsft(again), written);
    }
  });

  it("keep what the compiler said that no interface tells", () => {
    const library = readTypeLibrary(sample32);
    assert.equal(library.helpContext, 0x10);
    assert.equal(library.nameLcid, 0x409);
    assert.deepEqual(
      library.imports.map(({ fileName, version }) => [fileName, version.major]),
      [["stdole2.tlb", 2]],
    );
    const events = library.types.find((type) => type.name === "ShapeEvents");
    assert.equal(events?.kind, TYPEKIND.TKIND_DISPATCH);
    assert.equal(events.implTypes.length, 0);
  });
});

describe("hostile bytes in MSFT format", () => {
  it("end in a clear error wherever the file is cut off", () => {
    for (let length = 0; length < sample32.length; length += 7) {
      assert.throws(() => readTypeLibrary(sample32.subarray(0, length)), ComError);
    }
  });

  it("end in a clear error or a library, and soon, wherever they are changed", () => {
    const place = fc.nat({ max: sample32.length - 1 });
    const word = fc.constantFrom(0, 1, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 100, 0x1fff);
    fc.assert(
      fc.property(fc.array(fc.tuple(place, word), { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = sample32.slice();
        const view = new DataView(bytes.buffer);
        for (const [at, value] of changes) view.setUint32(Math.min(at & ~3, bytes.length - 4), value, true);
        const started = performance.now();
        try {
          const library = readTypeLibrary(bytes);
          writeMsft(library);
        } catch (error) {
          assert.ok(error instanceof ComError, String(error));
        }
        assert.ok(performance.now() - started < 2000);
      }),
      { numRuns: 400 },
    );
  });

  it("cannot make one block of members stand for many types", () => {
    // 2,000 types that all name one block with 60,000 variables would be 120 million.
    const bytes = new Uint8Array(4_000_000);
    const view = new DataView(bytes.buffer);
    const count = 2000;
    const put = (at: number, value: number): void => view.setUint32(at, value, true);
    put(0, 0x5446534d);
    put(0x20, count);
    for (let i = 0; i < count; i++) put(0x54 + i * 4, i * 100);
    const directory = 0x54 + count * 4;
    for (let i = 0; i < 15; i++) {
      put(directory + i * 16, 0xffffffff);
      put(directory + i * 16 + 12, 0x0f);
    }
    const types = directory + 15 * 16;
    put(directory, types);
    put(directory + 4, count * 100);
    const members = types + count * 100;
    for (const at of [0x24, 0x38, 0x3c, 0x40, 0x08]) put(at, 0xffffffff);
    for (let i = 0; i < count; i++) {
      const record = types + i * 100;
      for (const at of [0x2c, 0x34, 0x3c, 0x48, 0x54]) put(record + at, 0xffffffff);
      put(record + 4, members);
      put(record + 0x18, 60_000 << 16);
    }
    put(members, 20);
    put(members + 4, 20);
    put(members + 8, 0x80030003);
    bytes.fill(0xff, members + 24 + 240_000, members + 24 + 480_000);
    // Processor time: what else the machine does is not the reader's.
    const before = process.cpuUsage();
    assert.throws(() => readTypeLibrary(bytes), /members of types/);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 5_000_000, `${user} µs of processor time`);
  });

  it("cannot lead in a circle", () => {
    const library = readTypeLibrary(sample32);
    const bytes = writeMsft(library);
    const view = new DataView(bytes.buffer);
    const directory = 0x54 + library.types.length * 4;
    const typeDescs = view.getUint32(directory + 9 * 16, true);
    // The first description becomes a pointer to itself.
    view.setUint16(typeDescs, 26, true);
    view.setUint32(typeDescs + 4, 0, true);
    assert.throws(() => readTypeLibrary(bytes), /nested too deep/);
    const customData = view.getUint32(directory + 12 * 16, true);
    const again = writeMsft(library);
    new DataView(again.buffer).setUint32(customData + 8, 0, true);
    assert.throws(() => readTypeLibrary(again), /in a circle/);
  });
});
