import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ComError } from "../../base/index.ts";
import { Image } from "../typelib/image.ts";
import { TypeLibraries } from "../typelib/libraries.ts";
import { readTypeLibrary } from "../typelib/load.ts";
import { writeMsft } from "../typelib/msft/write.ts";
import { codePageOf } from "../typelib/code-page.ts";
import { SltgNames } from "../typelib/sltg/names.ts";
import { SltgMembers } from "../typelib/sltg/members.ts";
import { SltgTypes } from "../typelib/sltg/types.ts";
import { SltgImports } from "../typelib/sltg/references.ts";
import { dumpLibrary, hexFixture, textFixture } from "./typelib-support.ts";
import { SltgHelp } from "../typelib/sltg/help.ts";

const old = hexFixture("typelib-old.hex");

describe("type libraries in SLTG format", () => {
  it("say through the interfaces what Wine's oleaut32 says of them, where it reads them right", async () => {
    const libraries = new TypeLibraries();
    using library = libraries.typeLib(libraries.add(readTypeLibrary(old)));
    const right = textFixture("typelib-old.txt")
      // Wine keeps no language with a sublanguage, reads the bounds of arrays by its own pointers' size, and a name with an underscore as an offset.
      .replace(" lcid 0 ", " lcid 409 ")
      .replace(/\[[^\]]*\]16/, "[4+0,]16")
      .replace("flags c *63", "flags 1 3");
    assert.equal(await dumpLibrary(library), right);
  });

  it("can be written in the newer format", () => {
    const library = readTypeLibrary(old);
    const again = readTypeLibrary(writeMsft(library));
    const { flags: _, ...rest } = again;
    const { flags: __, ...before } = library;
    assert.deepEqual(rest, before);
  });

  it("refer to types of other libraries by a line of text", () => {
    const line =
      "*\\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\\WINNT\\System32\\stdole2.tlb#OLE Automation";
    const table = new Uint8Array(Buffer.from(`xx${line}\0`, "latin1"));
    const imports = new SltgImports(new SltgNames(new Image(table, "names"), codePageOf(0)));
    const texts = ["*\\R2*#3", "*\\Rffff*#a", "*\\R2*#4", "*\\R2*#3"];
    const block = referenceBlock(texts);
    assert.deepEqual(
      imports.read(block, () => {}),
      [{ imported: 0 }, { local: 10 }, { imported: 1 }, { imported: 0 }],
    );
    assert.deepEqual(imports.libraries, [
      {
        guid: "00020430-0000-0000-c000-000000000046",
        version: { major: 2, minor: 0 },
        lcid: 0,
        fileName: "stdole2.tlb",
      },
    ]);
    assert.throws(() => imports.read(referenceBlock(["*\\R9*#1"]), () => {}), /names no library/);
    assert.throws(() => imports.read(referenceBlock(["hello"]), () => {}), /not a reference/);
  });
});

/** A type's block with nothing but a table of references, right behind its offset. */
function referenceBlock(texts: readonly string[]): Image {
  const entries = texts.length * 8;
  const bytes = new Uint8Array(
    6 + 0x48 + entries + 7 + texts.reduce((sum, text) => sum + 2 + text.length, 0),
  );
  const view = new DataView(bytes.buffer);
  view.setUint32(2, 6, true);
  view.setUint8(6, 0xdf);
  view.setUint32(6 + 0x44, entries, true);
  let at = 6 + 0x48 + entries + 7;
  for (const text of texts) {
    view.setUint16(at, text.length, true);
    bytes.set(Buffer.from(text, "latin1"), at + 2);
    at += 2 + text.length;
  }
  return new Image(bytes, "block");
}

/** Bytes written in hexadecimal, as an image. */
function image(hex: string): Image {
  return new Image(new Uint8Array(Buffer.from(hex.replace(/\s/g, ""), "hex")), "members");
}

function membersOf(data: Image, helpBase: number): SltgMembers {
  const codePage = codePageOf(0);
  const names = new SltgNames(image("00 00 41 00 42 00"), codePage);
  const help = new SltgHelp(image(""), 0, codePage);
  const types = new SltgTypes(data, [{ local: 7 }, { local: 9 }], 10);
  return new SltgMembers(data, data.length, helpBase, types, { names, codePage, help }, () => {});
}

// As in the libraries of Excel 5 and of OLE's controls.
describe("members in SLTG format", () => {
  it("have help contexts told from the first one of their type, forward, backward and elsewhere", () => {
    const record = (next: string, help: string): string =>
      `cb10 ${next} 0200 9400 0000 ${help} ffff ffff 0180 0c00 ffff`;
    const data = image(
      `${record("1600", "4902")} ${record("2c00", "4b02")} ${record("4200", "5800")} ${record("ffff", "feff")} 7856 3412`,
    );
    const functions = membersOf(data, 0x10002).functions(0, 4);
    assert.deepEqual(
      functions.map((it) => it.helpContext),
      [0x10094, 0xff70, 0x12345678, 0],
    );
    const property = image("0a42 ffff 0200 0000 0c00 9500 0000 4d02 ffff");
    assert.equal(membersOf(property, 0x10002).variables(0, 1)[0]?.helpContext, 0x10095);
  });

  it("name their bases by types", () => {
    const data = image(
      "4a00 1600 ffff 0180 1200 0000 0340 feff ffff 1d00 0000 4a00 ffff ffff 0080 2800 0100 0340 feff ffff 1d00 0400",
    );
    assert.deepEqual(
      membersOf(data, 0)
        .impls(0)
        .map((it) => [it.reference, it.flags]),
      [
        [{ local: 7 }, 1],
        [{ local: 9 }, 0],
      ],
    );
    assert.throws(
      () => membersOf(image("4a00 ffff ffff 0080 1200 0000 0340 feff ffff 0300"), 0).impls(0),
      /no type/,
    );
  });

  it("IDispatch of OLE is what every dispinterface is over", () => {
    const table = new Uint8Array(
      Buffer.from("xx*\\G{00020430-0000-0000-C000-000000000046}#1.0#9#stdole.tlb#OLE\0", "latin1"),
    );
    const imports = new SltgImports(new SltgNames(new Image(table, "names"), codePageOf(0)));
    const references = imports.read(referenceBlock(["*\\R2*#4", "*\\R2*#3", "*\\Rffff*#4"]), () => {});
    assert.deepEqual(
      references.map((it) => imports.isDispatch(it)),
      [true, false, false],
    );
  });
});

describe("hostile bytes in SLTG format", () => {
  it("end in a clear error or a library, and soon", () => {
    const place = fc.nat({ max: old.length - 1 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, fc.constantFrom(0, 1, 4, 0x1a, 0x1d, 0x4a, 0x80, 0xfe, 0xff)), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.nat({ max: old.length }),
        fc.boolean(),
        (changes, length, cut) => {
          const bytes = old.slice(0, cut ? length : old.length);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const started = performance.now();
          try {
            readTypeLibrary(bytes);
          } catch (error) {
            assert.ok(error instanceof ComError, String(error));
          }
          assert.ok(performance.now() - started < 2000);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("help texts of SLTG", () => {
  const codePage = codePageOf(0);
  // The tree of "a robot" and "moves": words by 1, 01, 001, the end by 000.
  const leaf = (word: string): number[] => [0, ...Buffer.from(word), 0];
  const node = (target: number): number[] => [0x80, target >> 8, target & 0xff];
  const words = ["a", "robot", "moves"];
  const tree = ((): number[] => {
    const list: number[] = [];
    for (const word of words) {
      const branch = leaf(word);
      list.push(...node(list.length + 3 + branch.length), ...branch);
    }
    return [...list, ...leaf("")];
  })();
  const help = (bytes: readonly number[], most = 100): SltgHelp =>
    new SltgHelp(new Image(Uint8Array.from(bytes), "words"), most, codePage);
  const text = (of: SltgHelp, bits: string): string | undefined => {
    const bytes = Uint8Array.from(
      bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g) ?? [],
      (byte) => Number.parseInt(byte, 2),
    );
    return of.text(new Image(bytes, "bits"), 0, bytes.length);
  };

  it("are words at the ends of a tree's branches", () => {
    assert.equal(text(help(tree), "101001000"), "a robot moves");
    assert.equal(text(help(tree), "0011001000"), "moves a moves");
    assert.equal(text(help(tree), "000"), undefined);
    assert.equal(text(help([]), "1111"), undefined);
  });

  it("end when they are not what they say", () => {
    assert.equal(text(help(tree, 4), "1".repeat(64)), undefined);
    assert.equal(text(help([0x80, 0, 0, 0x80, 0, 0]), "0".repeat(64)), undefined);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 30 }), (table, bits) => {
        const read = help([...table]).text(new Image(bits, "bits"), 0, bits.length);
        assert.ok(read === undefined || read.length <= 100);
      }),
    );
  });
});
