import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stdole, writeTypeLibrary } from "../../automation/index.ts";
import { comity } from "./support.ts";

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
    assert.match(readFileSync(out, "utf8"), /export const IFont: Interface<IFont> = defineInterface<IFont>/);
    const none = await comity("tlb", "show", join(folder, "none.tlb"));
    assert.equal(none.code, 1);
    assert.match(none.err, /TYPE_E_CANTLOADLIBRARY.*none\.tlb cannot be read/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
