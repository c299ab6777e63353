import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import { test } from "node:test";
import { threadId } from "node:worker_threads";
import { HResult, guid } from "../../base/index.ts";
import { ActivationContext, type CreateOptions, IClassFactory, IUnknown } from "../../com/index.ts";
import { IPersistFile } from "../../com/gen/objidl.ts";
import type { ClassDescriptor } from "../../ndr/index.ts";
import { type ThreadApartment, openApartment, openRuntime } from "../index.ts";
import { IWork, Work, clsids } from "./threads/work.ts";
import { withRuntime } from "./threads/support.ts";

const Both: ClassDescriptor<IWork> = {
  clsid: guid(clsids.Both),
  name: "Test.WorkBoth",
  interfaces: [IWork],
  sources: [],
};

test("an apartment creates as the runtime does: default interface, several interfaces, class objects", () =>
  withRuntime({}, async (com) => {
    await using own = await openApartment(com, "single");
    using work = await own.createInstance(Both);
    const there = await work.Thread();
    assert.notEqual(there, threadId);
    await assert.rejects(own.createInstance(clsids.Both), { code: HResult.E_INVALIDARG });
    const [asWork, asFile] = await own.createInstanceEx(Both, [IWork, IPersistFile]);
    assert.equal(await asWork.pointer?.Thread(), there);
    assert.equal(asFile.hresult, HResult.S_OK);
    asWork.pointer?.Release();
    asFile.pointer?.Release();
    using factory = await own.getClassObject(Both);
    using unknown = await own.getClassObject(Both, IUnknown);
    using again = await unknown.QueryInterface(IClassFactory);
    for (const one of [factory, again]) {
      using made = (await one.CreateInstance(IWork.iid)) as IWork;
      assert.equal(await made.Thread(), there);
    }
    using loaded = await com.createInstanceFromFile(Both, "/a/file", IWork, { apartment: own });
    assert.equal(await loaded.Thread(), there);
    using persist = await loaded.QueryInterface(IPersistFile);
    assert.equal(await persist.GetCurFile(), "/a/file");
  }));

test("an apartment refuses as the runtime does", () =>
  withRuntime({}, async (com) => {
    await using own = await openApartment(com, "multi");
    const nobody = { code: HResult.REGDB_E_CLASSNOTREG };
    await assert.rejects(own.createInstance("00000000-1111-2222-3333-444444444444", IWork), nobody);
    await assert.rejects(own.createInstance("No.Such.Class", IWork), { code: HResult.CO_E_CLASSSTRING });
    await assert.rejects(own.createInstance(Both, IUnknown, { outer: new Work() }), {
      code: HResult.CLASS_E_NOAGGREGATION,
    });
    const signal = AbortSignal.abort();
    await assert.rejects(own.createInstance(Both, undefined, { signal }), {
      code: HResult.RPC_E_CALL_CANCELED,
    });
    using still = await own.createInstance(Both);
    for (let times = 0; (await still.Living()) > 1; times++) {
      assert.ok(times < 100, "what nobody waited for is released");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }));

test("manifests reach an apartment: those of the runtime, and that of one call", async () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-manifest-"));
  const file = relative(folder, fileURLToPath(new URL("./threads/work.js", import.meta.url)));
  const manifest = (name: string, clsid: string, attributes: string): string => {
    const path = join(folder, name);
    writeFileSync(
      path,
      `<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0"><file name="${file}">
        <comClass clsid="{${clsid}}" ${attributes}/></file></assembly>`,
    );
    return path;
  };
  const whole = manifest("whole.manifest", clsids.Both, `progid="Whole.Work" threadingModel="Both"`);
  const one = manifest("one.manifest", clsids.Free, `progid="One.Work" threadingModel="Free"`);
  try {
    await using com = await openRuntime({ home: join(folder, "home"), manifests: [whole] });
    await using own = await openApartment(com, "single");
    const thread = async (apartment: ThreadApartment, name: string, options?: CreateOptions) => {
      using work = await apartment.createInstance(name, IWork, options);
      return work.Thread();
    };
    const there = await thread(own, "Whole.Work");
    assert.notEqual(there, threadId);
    await assert.rejects(own.createInstance(clsids.Free, IWork), { code: HResult.REGDB_E_CLASSNOTREG });
    const activationContext = new ActivationContext(one);
    const free = await thread(own, "One.Work", { activationContext });
    assert.ok(free !== there && free !== threadId, "by the ThreadingModel of the manifest, from there");
    // Code that runs in the thread sees the manifests of the runtime, too.
    assert.equal(await own.run(new URL("./threads/creator.js", import.meta.url), "Whole.Work"), there);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
