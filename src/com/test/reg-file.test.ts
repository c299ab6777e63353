import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { HResult } from "../../base/index.ts";
import {
  RegistryType,
  type RegistryValue,
  applyOperations,
  bytesOf,
  dataOf,
  parseRegFile,
  printRegFile,
} from "../index.ts";
import { printValue } from "../registry/index.ts";
import { memoryRegistry } from "./registry.test.ts";
import { withCode } from "./support.ts";

const HEADER = "Windows Registry Editor Version 5.00\r\n\r\n";
const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "utf8"));
const utf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le"));

function valuesOf(body: string, header = HEADER): { values: RegistryValue[]; warnings: string[] } {
  const { operations, warnings } = parseRegFile(utf8(header + body));
  return {
    values: operations.flatMap((one) => (one.kind === "set" ? [one.value] : [])),
    warnings: warnings.map((one) => `${one.line}: ${one.message}`),
  };
}

/** As regedit prints services of Windows: three lines to the column. */
const imagePath = String.raw`"ImagePath"=hex(2):25,00,53,00,79,00,73,00,74,00,65,00,6d,00,52,00,6f,00,6f,00,\
  74,00,25,00,5c,00,73,00,79,00,73,00,74,00,65,00,6d,00,33,00,32,00,5c,00,73,\
  00,70,00,70,00,73,00,76,00,63,00,2e,00,65,00,78,00,65,00,00,00`;
const failureActions = String.raw`"FailureActions"=hex:80,51,01,00,00,00,00,00,00,00,00,00,03,00,00,00,14,00,00,\
  00,01,00,00,00,c0,d4,01,00,01,00,00,00,e0,93,04,00,00,00,00,00,00,00,00,00`;
const dependOn = String.raw`"DependOnService"=hex(7):52,00,70,00,63,00,53,00,73,00,00,00,77,00,74,00,64,00,\
  00,00,00,00`;
const lastByteAlone = String.raw`"ImagePath"=hex(2):25,00,53,00,79,00,73,00,74,00,65,00,6d,00,52,00,6f,00,6f,00,\
  74,00,25,00,5c,00,72,00,70,00,6d,00,61,00,6e,00,2e,00,65,00,78,00,65,00,00,\
  00`;

describe(".reg files", () => {
  it("reads and prints what regedit printed, to the column", () => {
    for (const [text, type, data] of [
      [imagePath, RegistryType.EXPAND_SZ, "%SystemRoot%\\system32\\sppsvc.exe"],
      [lastByteAlone, RegistryType.EXPAND_SZ, "%SystemRoot%\\rpman.exe"],
      [dependOn, RegistryType.MULTI_SZ, ["RpcSs", "wtd"]],
    ] as const) {
      const lines = text.replaceAll("\n", "\r\n");
      const [value] = valuesOf(`[HKEY_LOCAL_MACHINE\\SYSTEM]\r\n${lines}\r\n`).values;
      assert.ok(value);
      assert.equal(value.type, type);
      assert.deepEqual(dataOf(value), data);
      assert.equal(printValue(value), lines);
    }
    const lines = failureActions.replaceAll("\n", "\r\n");
    const [actions] = valuesOf(`[HKLM\\S]\r\n${lines}`).values;
    assert.ok(actions);
    assert.equal(actions.data.length, 44);
    assert.equal(printValue(actions), lines);
  });

  it("prints a whole tree as regedit does: UTF-16 with its mark, a blank line behind each key", async () => {
    const registry = memoryRegistry();
    await registry.edit((editor) => {
      editor.set("HKCU\\Software\\Acme", "", 'say "hi"');
      editor.set("HKCU\\Software\\Acme", "path\\", "C:\\tmp");
      editor.set("HKCU\\Software\\Acme", "n", 255);
      editor.set("HKCU\\Software\\Acme", "q", 1n);
      editor.set("HKCU\\Software\\Acme", "none", Uint8Array.of(), RegistryType.NONE);
      editor.create("HKCU\\Software\\Acme\\empty");
      editor.set("HKCU\\Software\\Acme\\Sub", "x", Uint8Array.of(1));
    });
    const expected = `${HEADER}[HKEY_CURRENT_USER\\Software\\Acme]
@="say \\"hi\\""
"path\\\\"="C:\\\\tmp"
"n"=dword:000000ff
"q"=hex(b):01,00,00,00,00,00,00,00
"none"=hex(0):

[HKEY_CURRENT_USER\\Software\\Acme\\empty]

[HKEY_CURRENT_USER\\Software\\Acme\\Sub]
"x"=hex:01

`;
    const printed = registry.read((view) => printRegFile(view, "HKCU\\Software\\Acme"));
    const text = Buffer.from(printed).toString("utf16le");
    assert.equal(text, `\ufeff${expected.replaceAll(/\r?\n/g, "\r\n")}`);
  });

  it("reads every form of value", () => {
    const { values, warnings } = valuesOf(
      String.raw`; a comment
[HKEY_CLASSES_ROOT\Acme.Thing]
@="default"   ; behind a value
"quoted \"name\" \\"="a\\b \"c\""
  "spaced"  =  dword:10
"upper"=DWORD:000000AB
"binary"=hex:01,2,\
  ; a comment between
  ff
"none"=hex(0):
"strange"=hex(ffff0012):01
"two
lines"="one
two"
"gone"=-
[-HKEY_CLASSES_ROOT\Old]
`.replaceAll("\n", "\r\n"),
    );
    assert.deepEqual(warnings, []);
    assert.deepEqual(
      values.map((one) => [one.name, one.type, dataOf(one)]),
      [
        ["", 1, "default"],
        ['quoted "name" \\', 1, 'a\\b "c"'],
        ["spaced", 4, 16],
        ["upper", 4, 0xab],
        ["binary", 3, Uint8Array.of(1, 2, 255)],
        ["none", 0, Uint8Array.of()],
        ["strange", 0xffff0012, Uint8Array.of(1)],
        ["two\r\nlines", 1, "one\r\ntwo"],
      ],
    );
  });

  it("carries out deletions", async () => {
    const registry = memoryRegistry();
    const load = async (body: string): Promise<void> => {
      const file = parseRegFile(utf16(HEADER + body));
      assert.deepEqual(file.warnings, []);
      await registry.edit((editor) => applyOperations(editor, file.operations));
    };
    await load('[HKLM\\A]\r\n"x"="1"\r\n"y"="2"\r\n[HKLM\\A\\B]\r\n[HKLM\\C]\r\n');
    await load('[HKLM\\A]\r\n"x"=-\r\n[-HKLM\\A\\B]\r\n[-HKLM\\NotThere]\r\n');
    assert.equal(registry.text("HKLM\\A", "x"), undefined);
    assert.equal(registry.text("HKLM\\A", "y"), "2");
    assert.deepEqual(registry.subkeys("HKLM\\A"), []);
    assert.deepEqual(registry.subkeys("HKLM"), ["A", "C"]);
  });

  it("reads the older versions: one byte per character, and the form of Windows 3.1", () => {
    const ansi = Uint8Array.from(
      Buffer.from('REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\\x80uro]\r\n"m"=hex(7):61,00,80,00,00\r\n', "latin1"),
    );
    const file = parseRegFile(ansi);
    assert.equal(file.version, 4);
    const [create, set] = file.operations;
    assert.equal(create?.key, "HKEY_CURRENT_USER\\€uro");
    assert.ok(set?.kind === "set");
    assert.deepEqual(dataOf(set.value), ["a", "€"]);

    const old = parseRegFile(utf8("REGEDIT\nHKEY_CLASSES_ROOT\\.acm = acmefile\nrubbish\n"));
    assert.deepEqual(
      old.operations.map((one) => (one.kind === "set" ? dataOf(one.value) : one.key)),
      ["HKEY_CLASSES_ROOT\\.acm", "acmefile"],
    );
  });

  it("prints REGEDIT4 in one-byte characters and reads it back", async () => {
    const registry = memoryRegistry();
    await registry.edit((editor) => {
      editor.set("HKLM\\T", "m", ["é", "b"]);
      editor.set("HKLM\\T", "e", "%x%€", RegistryType.EXPAND_SZ);
    });
    const printed = registry.read((view) => printRegFile(view, "HKLM\\T", 4));
    assert.match(Buffer.from(printed).toString("latin1"), /^REGEDIT4\r\n\r\n.*"m"=hex\(7\):e9,00,62,00,00/s);
    const back = memoryRegistry();
    await back.edit((editor) => applyOperations(editor, parseRegFile(printed).operations));
    assert.deepEqual(back.values("HKLM\\T"), registry.values("HKLM\\T"));
  });

  it("passes over what makes no sense, says where, and reads on", () => {
    const bad: readonly (readonly [string, RegExp])[] = [
      ["rubbish", /3: neither a key nor a value/],
      ['"a"="early"', /3: a value outside of any key/],
      ["[HKLM\\ok]\r\n[HKXX\\b]\r\n", /4: .*no predefined key/],
      ["[HKLM\\ok", /3: a key without its closing bracket/],
      ['[HKLM\\ok]\r\n"a"=dword:123456789', /4: data of an unknown kind/],
      ['[HKLM\\ok]\r\n"a"=dword:xyz', /4: data of an unknown kind/],
      ['[HKLM\\ok]\r\n"a"="x" y', /4: something stands behind/],
      ['[HKLM\\ok]\r\n"a"', /4: a value without an equals sign/],
      ['[HKLM\\ok]\r\n"a"=hex:01,zz,\\\r\n  03', /4: "zz" is no byte/],
      ['[HKLM\\ok]\r\n"a"=hex:123', /4: "123" is no byte/],
      ['[HKLM\\ok]\r\n"a"=hex(123456789):00', /4: data of an unknown kind/],
      [`[HKLM\\${"n".repeat(256)}]`, /3: .*longer than 255/],
    ];
    for (const [body, expected] of bad) {
      const { values, warnings } = valuesOf(`${body}\r\n[HKLM\\after]\r\n"good"=dword:1\r\n`);
      assert.match(warnings.join("\n"), expected, body);
      assert.equal(warnings.length, 1, body);
      assert.deepEqual(
        values.map((one) => one.name),
        ["good"],
        body,
      );
    }
  });

  it("refuses what is no .reg file, and files without an end", () => {
    for (const text of ["", "hello", "REGEDIT5\r\n", "Windows Registry Editor Version 6.00\r\n"]) {
      assert.throws(() => parseRegFile(utf8(text)), withCode(HResult.E_INVALIDARG), text);
    }
    assert.throws(() => parseRegFile(new Uint8Array(64 * 1024 * 1024 + 1)), withCode(HResult.E_INVALIDARG));
    const open = valuesOf(`[HKLM\\a]\r\n"x"="${"y".repeat(1000)}`);
    assert.match(open.warnings.join(), /without its closing quote/);
  });

  it("is bounded on hostile input", () => {
    const quotes = `[HKLM\\a]\r\n${'"'.repeat(200_000)}`;
    const brackets = `${"[".repeat(100_000)}\r\n`.repeat(3);
    const unclosed = `[HKLM\\a]\r\n${'"x\r\n'.repeat(20_001)}`;
    const continued = `[HKLM\\a]\r\n"x"=hex:${"00,\\\r\n".repeat(300_000)}`;
    const start = performance.now();
    for (const body of [quotes, brackets, unclosed, continued]) valuesOf(body);
    assert.ok(performance.now() - start < 5000);
    const huge = valuesOf(`[HKLM\\a]\r\n"x"=hex:${"00,".repeat(1024 * 1024 + 5)}00\r\n`);
    assert.match(huge.warnings.join(), /too large/);
  });

  it("never throws anything but E_INVALIDARG, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            "[",
            "]",
            '"',
            "=",
            "-",
            "\\",
            "hex:",
            "dword:",
            "1",
            "\r\n",
            ",",
            "HKLM",
            ";",
            "@",
          ),
          maxLength: 60,
        }),
        (body) => {
          parseRegFile(utf8(HEADER + body));
        },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          parseRegFile(bytes);
        } catch (error) {
          assert.ok(withCode(HResult.E_INVALIDARG)(error));
        }
      }),
    );
  });

  it("gives back what was printed, for any names and data", async () => {
    const name = fc.string({
      unit: fc.constantFrom("a", "B", '"', " ", "]", "é", "\u{1f600}", "\ud800", ";", "="),
      minLength: 1,
      maxLength: 6,
    });
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 90 }).map((bytes) => [RegistryType.BINARY, bytes] as const),
      fc.tuple(fc.constantFrom(0, 1, 2, 4, 7, 11, 0x20000), fc.uint8Array({ minLength: 1, maxLength: 40 })),
      fc.string({ maxLength: 20 }).map((text) => [RegistryType.SZ, bytesOf(RegistryType.SZ, text)] as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, name, data), { maxLength: 12 }), async (items) => {
        const registry = memoryRegistry();
        await registry.edit((editor) => {
          editor.create("HKLM\\Root");
          for (const [key, value, [type, bytes]] of items) {
            // Blanks at a path's end do not survive a file, as in regedit.
            editor.set(`HKLM\\Root\\k${key}k`, value, bytes, type);
          }
        });
        const printed = registry.read((view) => printRegFile(view, "HKLM\\Root"));
        const file = parseRegFile(printed);
        assert.deepEqual(file.warnings, []);
        const back = memoryRegistry();
        await back.edit((editor) => applyOperations(editor, file.operations));
        assert.deepEqual(
          back.read((view) => printRegFile(view, "HKLM\\Root")),
          printed,
        );
        for (const key of registry.subkeys("HKLM\\Root")) {
          assert.deepEqual(back.values(`HKLM\\Root\\${key}`), registry.values(`HKLM\\Root\\${key}`));
        }
      }),
      { numRuns: 60 },
    );
  });
});
