import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CreateTypeLibObject, TypeLibraries } from "../../automation/index.ts";
import {
  ICreateTypeInfo2,
  ICreateTypeLib2,
  ITypeInfo2,
  SYSKIND,
  TYPEKIND,
} from "../../automation/gen/oaidl.ts";
import { guid } from "../../base/index.ts";
import { ClassContext, defineClass } from "../../com/index.ts";
import { openRuntime } from "../index.ts";

/* A library made in another process: the caller has pointers only. */

test("ICreateTypeLib2 and ICreateTypeInfo2 over the wire", async () => {
  const home = mkdtempSync(join(tmpdir(), "comity-maker-"));
  const path = join(home, "made.tlb");
  class Maker extends CreateTypeLibObject {
    constructor() {
      super(SYSKIND.SYS_WIN32, path, new TypeLibraries());
    }
  }
  const maker = defineClass({ clsid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0033" }, Maker);
  try {
    await using server = await openRuntime({ home });
    await using _ = await server.registerClassObject(maker);
    await using client = await openRuntime({ home });
    using library = await client.createInstance(maker.clsid, ICreateTypeLib2, {
      context: ClassContext.LOCAL_SERVER,
    });
    await library.SetName("Made");
    await library.SetGuid(guid("7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0034"));
    using unknown = new TypeLibraries().typeInfo(new TypeLibraries().standard.type(3));
    using begun = await library.CreateTypeInfo("IMade", TYPEKIND.TKIND_INTERFACE);
    assert.ok(begun);
    using type = await begun.QueryInterface(ICreateTypeInfo2);
    await type.SetGuid(guid("7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0035"));
    await type.AddImplType(0, await type.AddRefTypeInfo(unknown));
    using itself = await begun.QueryInterface(ITypeInfo2);
    const href = await type.AddRefTypeInfo(itself);
    const element = (vt: 25 | 26) => ({
      tdesc:
        vt === 25
          ? { vt, _tdUnion: { tag: vt } }
          : {
              vt,
              _tdUnion: { tag: vt, lptdesc: { vt: 29, _tdUnion: { tag: 29, hreftype: href } as const } },
            },
      paramdesc: { pparamdescex: null, wParamFlags: vt === 25 ? 0 : 1 },
    });
    await type.AddFuncDesc(0, {
      memid: -1,
      lprgscode: null,
      lprgelemdescParam: [element(26)],
      funckind: 1,
      invkind: 1,
      callconv: 4,
      cParams: 1,
      cParamsOpt: 0,
      oVft: 0,
      cScodes: 0,
      elemdescFunc: element(25),
      wFuncFlags: 0,
    });
    await type.SetFuncAndParamNames(0, ["Join", "other"], 2);
    await library.SaveAllChanges();
    const { types, imports } = new TypeLibraries().load(path).library;
    assert.deepEqual(
      imports.map(({ fileName }) => fileName),
      ["stdole2.tlb"],
    );
    const [made] = types;
    assert.equal(made?.vtableSize, 16);
    assert.deepEqual(
      made.functions.map(({ name, memid, vtableOffset, params }) => [
        name,
        memid,
        vtableOffset,
        params[0]?.name,
      ]),
      [["Join", 0x60010000, 12, "other"]],
    );
    assert.deepEqual(made.functions[0]?.params[0]?.type.element?.reference, { local: 0 });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
