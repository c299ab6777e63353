import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LibraryScope, printIdl, stdole, writeTypeLibrary } from "../../automation/index.ts";
import { compileIdl, compileIdlWithLibraries, wellKnownFolder } from "../index.ts";
import { typeLibrariesOf } from "../typelib/index.ts";
import { compileText, errorsOf, textsOf } from "./support.ts";

const shapes = `import "oaidl.idl";
[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e10), version(1.0)] library Shapes {
  importlib("stdole2.tlb");
  typedef enum Colour { Red = 1, Green = 7 } Colour;
  [object, dual, oleautomation, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e11)]
  interface IShape : IDispatch { [id(1)] HRESULT Draw([in] Colour colour); }
}`;

const user = `import "oaidl.idl";
[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e20), version(1.0)] library User {
  importlib("stdole2.tlb");
  importlib("shapes.TLB");
  const long GO = Green + 1;
  [object, dual, oleautomation, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e21)]
  interface ICircle : IShape { [id(2)] HRESULT Fill([in] Colour colour, [in] LoadPictureConstants how); }
}`;

test("names of an imported type library are known, read when one is looked for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-importlib-"));
  try {
    writeFileSync(join(folder, "shapes.idl"), shapes);
    writeFileSync(join(folder, "user.idl"), user);
    const [library] = typeLibrariesOf(compileIdl(join(folder, "shapes.idl")));
    assert.ok(library);
    rmSync(join(folder, "shapes.idl"));
    writeFileSync(join(folder, "Shapes.tlb"), writeTypeLibrary(library));
    const alone = compileIdl(join(folder, "user.idl"));
    assert.deepEqual(alone.unreadLibraries, [join(folder, "Shapes.tlb")]);
    const result = await compileIdlWithLibraries(join(folder, "user.idl"));
    assert.deepEqual(errorsOf(result), []);
    assert.deepEqual(result.unreadLibraries, []);
    const circle = result.model?.entities.find((it) => it.name === "ICircle");
    assert.ok(circle?.kind === "interface");
    assert.deepEqual(
      [circle.base?.iid, circle.methods[0]?.opnum],
      ["5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e11", 8],
    );
    const text = result.typescript();
    assert.match(text, /import \{[^}]*\bIShape\b[^}]*\} from "\.\/Shapes\.js"/);
    assert.match(text, /export const GO = 8;/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a library stands for the IDL it is made from, and one that is nowhere is named", () => {
  const files = {
    "user.idl": `[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e20)] library User {
  importlib("lib\\\\Shapes.tlb");
  importlib("msado15.dll");
  [uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e22)] interface IUser { long Use([in] Colour colour); }
}`,
    "sub/shapes.idl": "typedef enum Colour { Red = 1 } Colour;",
  };
  const result = compileText(files, { includePath: ["sub"] });
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(
    textsOf(result).map((it) => it.split("\n")[0]),
    ['user.idl:3:3: warning: cannot find the type library "msado15.dll"'],
  );
});

test("a reader may be given; what it cannot read is left aside", () => {
  const asked: string[] = [];
  const text = `[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e20)] library User {
  importlib("one.tlb"); importlib("two.dll");
  typedef struct S { Known k; } S;
}`;
  const result = compileText(
    { "user.idl": text, "one.tlb": "", "two.dll": "" },
    {
      typeLibraries: (path) => {
        asked.push(path);
        return path === "two.dll" ? "typedef long Known;" : undefined;
      },
    },
  );
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(asked, ["one.tlb", "two.dll"]);
});

test("stdole2.idl is the library of OLE that comes with us", () => {
  const [library] = typeLibrariesOf(compileIdl(join(wellKnownFolder, "stdole2.idl")));
  assert.ok(library);
  const show = (it: typeof library): string => printIdl(new LibraryScope(it, () => undefined));
  assert.equal(show(library), show(stdole()));
});
