import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LibraryBuilder, TypeCode, VT, stdole, writeTypeLibrary } from "../../automation/index.ts";
import { TYPEKIND } from "../../automation/gen/oaidl.ts";
import { guid } from "../../base/index.ts";
import { TestHome, comity } from "./support.ts";

test("a library of others' types: TypeScript comes with what it imports, unions as bytes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tlb-"));
  try {
    const fonts = new LibraryBuilder({ name: "Fonts", guid: guid("c0a17b1e-0000-4000-8000-00000000f0c1") });
    const either = fonts.addType("Either", TYPEKIND.TKIND_UNION);
    either.addVariable({ name: "whole", type: { vt: VT.I4 } });
    either.addVariable({ name: "real", type: { vt: VT.R8 } });
    const face = fonts.addType("IFace", TYPEKIND.TKIND_INTERFACE, {
      guid: guid("c0a17b1e-0000-4000-8000-00000000f0c2"),
      flags: 0x100,
    });
    const standard = stdole();
    const place = (name: string): number => standard.types.findIndex((type) => type.name === name);
    face.addImplType(fonts.importType(standard, place("IUnknown"), "stdole2.tlb"));
    const font = {
      vt: TypeCode.USERDEFINED,
      reference: fonts.importType(standard, place("IFont"), "stdole2.tlb"),
    };
    face.addFunction({
      name: "Use",
      result: { vt: TypeCode.HRESULT },
      params: [
        { name: "font", type: { vt: TypeCode.PTR, element: font }, flags: 1 },
        {
          name: "either",
          type: {
            vt: TypeCode.PTR,
            element: { vt: TypeCode.USERDEFINED, reference: either.reference },
          },
          flags: 1,
        },
      ],
    });
    writeFileSync(join(folder, "fonts.tlb"), writeTypeLibrary(fonts.build()));
    const [out, beside] = [join(folder, "fonts.ts"), join(folder, "stdole2.ts")];
    const made = await comity("tlb", "ts", join(folder, "fonts.tlb"), "-o", out);
    assert.equal(made.out, `${out}\n${beside}\n`);
    const text = readFileSync(out, "utf8");
    assert.match(text, /import .*IFont.* from "\.\/stdole2\.js"/);
    assert.match(text, /A union of whole, real[^]*bytes: Uint8Array/);
    assert.match(readFileSync(beside, "utf8"), /export const IFont:/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a library is registered and removed again", async () => {
  using home = new TestHome();
  const file = join(home.path, "stdole2.tlb");
  writeFileSync(file, writeTypeLibrary(stdole()));
  const title = "stdole 2.0 {00020430-0000-0000-c000-000000000046}";
  assert.equal((await comity("tlb", "register", file)).out, `registered ${title}\n`);
  const key = "HKCR\\TypeLib\\{00020430-0000-0000-C000-000000000046}\\2.0\\0\\win32";
  assert.ok((await comity("reg", "query", key)).out.includes(file));
  assert.equal((await comity("tlb", "unregister", file)).out, `unregistered ${title}\n`);
  assert.equal((await comity("tlb", "unregister", file)).code, 1);
});

test("type libraries: printed as IDL and as TypeScript", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tlb-"));
  try {
    const file = join(folder, "stdole2.tlb");
    writeFileSync(file, writeTypeLibrary(stdole()));
    const idl = await comity("tlb", "show", file);
    assert.equal(idl.code, 0);
    assert.match(idl.out, /dispinterface FontEvents\n/);
    const out = join(folder, "stdole2.ts");
    assert.deepEqual((await comity("tlb", "ts", file, "-o", out)).out, `${out}\n`);
    const text = readFileSync(out, "utf8");
    assert.match(text, /export const IFont: Interface<IFont> = defineInterface<IFont>/);
    assert.match(text, /^export type OLE_COLOR = number;$/m);
    assert.match(text, /^\/\/ Functions of the module StdFunctions in .*, for reference:\n\/\/ {3}\S/m);
    const none = await comity("tlb", "show", join(folder, "none.tlb"));
    assert.equal(none.code, 1);
    assert.match(none.err, /TYPE_E_CANTLOADLIBRARY.*none\.tlb cannot be read/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
