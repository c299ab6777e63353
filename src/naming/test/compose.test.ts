import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { HResult } from "../../base/index.ts";
import { IMoniker, MKSYS } from "../../com/gen/objidl.ts";
import type { Runtime } from "../../com/index.ts";
import {
  createBindCtx,
  createClassMoniker,
  createFileMoniker,
  createGenericComposite,
  monikerCommonPrefixWith,
  monikerRelativePathTo,
  parseDisplayName,
} from "../index.ts";
import { anti, codeOf, made, nameOf, openRuntime, told, withCode } from "./support.ts";

/* Composition and what undoes it; most cases are those of Wine's tests of monikers (dlls/ole32/tests/moniker.c), which were run on Windows. */

let com: Runtime;
before(async () => (com = await openRuntime()));
after(() => com.close());

async function composed(left: string, right: string): Promise<string | null> {
  using a = await made(com, left);
  using b = await made(com, right);
  return told(com, await createGenericComposite(com, a, b));
}

test("generic composition simplifies where the two meet", async () => {
  const cases: readonly (readonly [string, string, string | null])[] = [
    ["I1", "I2", "!I1!I2"],
    ["I1", "A2", "\\.."],
    ["A1", "A1", "\\..\\.."],
    ["A2", "A1", "\\..\\..\\.."],
    ["CI1I2", "A1", "!I1"],
    ["I1", "A1", null],
    ["CI1I2", "A2", null],
    ["CI1I2", "A3", "\\.."],
    ["CI1I3", "CA1I2", "!I1!I2"],
    ["FC:\\a\\b;", "F..\\c;", "C:\\a\\c"],
    ["CI1FC:\\a;", "Fb;", "!I1C:\\a\\b"],
    ["FC:\\a;", "CFb;I1", "C:\\a\\b!I1"],
  ];
  for (const [left, right, wanted] of cases)
    assert.equal(await composed(left, right), wanted, `${left} ${right}`);
});

test("two anti monikers stay two; a composite never holds another", async () => {
  using antis = await made(com, "CA1A1");
  assert.equal(await antis.IsSystemMoniker(), MKSYS.MKSYS_GENERICCOMPOSITE);
  using deep = await made(com, "CI1CI2I3");
  assert.deepEqual(await components(deep, 1), ["!I1", "!I2", "!I3"]);
  assert.deepEqual(await components(deep, 0), ["!I3", "!I2", "!I1"]);
});

async function components(moniker: IMoniker, forward: number): Promise<(string | null)[]> {
  using list = await moniker.Enum(forward);
  assert.ok(list !== null);
  const names: (string | null)[] = [];
  for (;;) {
    const status = { code: 0 };
    const { rgelt, pceltFetched } = await list.Next(2, { status });
    assert.equal(rgelt.length, pceltFetched);
    for (const one of rgelt) names.push(await told(com, one));
    if (status.code === HResult.S_FALSE) break;
  }
  await list.Reset();
  assert.equal(await codeOf((options) => list.Skip(1, options)), HResult.S_OK);
  using twin = await list.Clone();
  const { rgelt } = (await twin?.Next(1)) ?? { rgelt: [] };
  assert.equal(await told(com, rgelt[0] ?? null), names[1]);
  assert.equal(await codeOf((options) => list.Skip(9, options)), HResult.S_FALSE);
  return names;
}

test("a simple moniker has no components", async () => {
  for (const one of ["I1", "A1", "Fa;"]) {
    using moniker = await made(com, one);
    assert.equal(await moniker.Enum(1), null);
  }
  using pointer = await made(com, "P");
  assert.throws(() => pointer.Enum(1), withCode(HResult.E_NOTIMPL));
});

test("what each does with anti monikers on its right", async () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ["I1", "\\.."],
    ["Fa;", "\\.."],
    ["P", "\\.."],
  ];
  for (const [left, wanted] of cases) {
    using moniker = await made(com, left);
    using one = await anti(com, 1);
    using two = await anti(com, 2);
    assert.equal(await moniker.ComposeWith(one, 1), null);
    assert.equal(await told(com, await moniker.ComposeWith(two, 1)), wanted);
    // Simplification goes through the generic composition, even where one moniker is left.
    using both = await made(com, "CA1A3");
    await assert.rejects(async () => moniker.ComposeWith(both, 1), { code: HResult.MK_E_NEEDGENERIC });
    using rest = await moniker.ComposeWith(both, 0);
    assert.equal(await rest?.Hash(), 0x8000_0003);
  }
  // A class is left by any number of steps.
  using ofClass = createClassMoniker(com, "0002e005-0000-0000-c000-000000000046");
  using two = await anti(com, 2);
  assert.equal(await ofClass.ComposeWith(two, 1), null);
  using itemAfter = await made(com, "CA1I1");
  assert.equal(await told(com, await ofClass.ComposeWith(itemAfter, 0)), "!I1");
});

test("only if not generic", async () => {
  using item = await made(com, "I1");
  using other = await made(com, "I2");
  using composite = await made(com, "CI1I2");
  await assert.rejects(async () => item.ComposeWith(other, 1), { code: HResult.MK_E_NEEDGENERIC });
  await assert.rejects(async () => item.ComposeWith(composite, 1), { code: HResult.MK_E_NEEDGENERIC });
  await assert.rejects(async () => composite.ComposeWith(other, 1), { code: HResult.MK_E_NEEDGENERIC });
  using back = await anti(com, 1);
  await assert.rejects(async () => back.ComposeWith(back, 1), { code: HResult.MK_E_NEEDGENERIC });
  using same = await composite.ComposeWith(null, 0);
  assert.equal(await nameOf(com, same), "!I1!I2");
});

test("inverses", async () => {
  const inverse = async (description: string): Promise<string | null> => {
    using moniker = await made(com, description);
    return told(com, await moniker.Inverse());
  };
  assert.equal(await inverse("I1"), "\\..");
  assert.equal(await inverse("Fa\\b;"), "\\..");
  assert.equal(await inverse("CI1I2"), "\\..\\..");
  for (const one of ["A1", "CA1A2"]) await assert.rejects(inverse(one), { code: HResult.MK_E_NOINVERSE });
});

test("a moniker and its inverse are nothing", async () => {
  const part = fc.oneof(
    fc.constantFrom("I1", "I2", "P"),
    fc.constantFrom("a", "b\\c", "C:\\x").map((path) => `F${path};`),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
      let whole: IMoniker | null = null;
      for (const one of parts) {
        using left: IMoniker | null = whole;
        using right = await made(com, one === "FC:\\x;" && whole !== null ? "I9" : one);
        whole = await createGenericComposite(com, left, right);
      }
      using moniker = whole;
      using inverse = (await moniker?.Inverse()) ?? null;
      assert.equal(await createGenericComposite(com, moniker, inverse), null);
    }),
    { numRuns: 40 },
  );
});

async function prefix(left: string, right: string): Promise<readonly [string | null, number]> {
  using a = await made(com, left);
  using b = await made(com, right);
  const status = { code: -1 };
  const shared = await a.CommonPrefixWith(b, { status });
  return [await told(com, shared), status.code];
}

test("common beginnings", async () => {
  const { MK_S_ME, MK_S_HIM, MK_S_US, S_OK } = HResult;
  assert.deepEqual(await prefix("CI1I2", "CI1I2"), ["!I1!I2", MK_S_US]);
  assert.deepEqual(await prefix("CI1I2", "I1"), ["!I1", MK_S_HIM]);
  assert.deepEqual(await prefix("I1", "CI1I2"), ["!I1", MK_S_ME]);
  assert.deepEqual(await prefix("CI1CI2I3", "CCI1I2I4"), ["!I1!I2", S_OK]);
  assert.deepEqual(await prefix("FC:\\test.txt;", "CFC:\\test.txt;I1"), ["C:\\test.txt", MK_S_ME]);
  assert.deepEqual(await prefix("FC:\\test.txt;", "CFC:\\a\\test.txt;I1"), ["C:\\", S_OK]);
  assert.deepEqual(await prefix("CFC:\\a\\test.txt;I1", "FC:\\test.txt;"), ["C:\\", S_OK]);
  assert.deepEqual(await prefix("CFC:\\test.txt;I1", "FC:\\test.txt;"), ["C:\\test.txt", MK_S_HIM]);
  assert.deepEqual(await prefix("FC:\\a\\b;", "Fc:\\A\\c;"), ["C:\\a", S_OK]);
  assert.deepEqual(await prefix("FC:\\a;", "FC:\\a\\c;"), ["C:\\a", MK_S_ME]);
  assert.deepEqual(await prefix("FC:\\a\\c;", "FC:\\a;"), ["C:\\a", MK_S_HIM]);
  assert.deepEqual(await prefix("F\\\\s\\h\\a;", "F\\\\s\\h\\b;"), ["\\\\s\\h\\", S_OK]);
  assert.deepEqual(await prefix("A10", "A5"), ["\\..".repeat(5), MK_S_HIM]);
  assert.deepEqual(await prefix("A5", "A10"), ["\\..".repeat(5), MK_S_ME]);
  assert.deepEqual(await prefix("A2", "A2"), ["\\..\\..", MK_S_US]);
  assert.deepEqual(await prefix("I1", "I1"), ["!I1", MK_S_US]);
  for (const [a, b] of [
    ["I1", "I2"],
    ["CI1I2", "I2"],
    ["FC:\\a;", "FD:\\a;"],
    ["F\\\\s\\h\\a;", "F\\\\s\\g\\a;"],
    ["Fa;", "Fb;"],
  ] as const)
    await assert.rejects(prefix(a, b), { code: HResult.MK_E_NOPREFIX }, `${a} ${b}`);
});

test("MonikerCommonPrefixWith is for those that cannot tell it themselves", async () => {
  using item = await made(com, "I1");
  await assert.rejects(monikerCommonPrefixWith(com, item, item), { code: HResult.MK_E_NOPREFIX });
  using both = await made(com, "CI1I2");
  const status = { code: 0 };
  assert.equal(await told(com, await monikerCommonPrefixWith(com, item, both, { status })), "!I1");
  assert.equal(status.code, HResult.MK_S_ME);
});

test("relative paths", async () => {
  const path = async (from: string, to: string): Promise<readonly [string | null, number]> => {
    using a = await made(com, from);
    using b = await made(com, to);
    const status = { code: -1 };
    const found = await a.RelativePathTo(b, { status });
    return [await told(com, found), status.code];
  };
  assert.deepEqual(await path("FC:\\a\\b;", "FC:\\a\\c\\d;"), ["..\\c\\d", HResult.S_OK]);
  assert.deepEqual(await path("FC:\\a;", "FD:\\b;"), ["D:\\b", HResult.MK_S_HIM]);
  assert.deepEqual(await path("CFC:\\a;I1", "CFC:\\a;I2"), ["\\..!I2", HResult.S_OK]);
  assert.deepEqual(await path("CFC:\\a\\b;I1", "CFC:\\a\\c;I2"), [
    "\\.. ..\\c!I2".replace(" ", ""),
    HResult.S_OK,
  ]);
  assert.deepEqual(await path("CFC:\\a;I1", "CFD:\\a;I2"), ["D:\\a!I2", HResult.MK_S_HIM]);
  assert.deepEqual(await path("A1", "I1"), ["!I1", HResult.MK_S_HIM]);
  await assert.rejects(path("I1", "I2"), { code: HResult.MK_E_NOTBINDABLE });
  await assert.rejects(path("CI1I2", "CI2I3"), { code: HResult.MK_E_NOTBINDABLE });
  await assert.rejects(path("P", "I2"), { code: HResult.E_NOTIMPL });
  using a = await made(com, "CI1I2");
  using b = await made(com, "CI1I3");
  assert.equal(await told(com, await monikerRelativePathTo(com, a, b)), "\\..!I3");
});

test("a composition leads from one to the other", async () => {
  const element = fc.constantFrom("a", "b", "c");
  const path = fc.array(element, { minLength: 1, maxLength: 4 }).map((list) => `C:\\${list.join("\\")}`);
  await fc.assert(
    fc.asyncProperty(path, path, async (from, to) => {
      using a = createFileMoniker(com, from);
      using b = createFileMoniker(com, to);
      using way = await a.RelativePathTo(b);
      assert.equal(await told(com, await a.ComposeWith(way, 0)), to);
    }),
    { numRuns: 60 },
  );
});

test("reduction answers the moniker itself", async () => {
  using context = createBindCtx(com);
  for (const one of ["I1", "A1", "Fa;", "P", "CI1I2"]) {
    using moniker = await made(com, one);
    const status = { code: 0 };
    const { ppmkReduced } = await moniker.Reduce(context, 0, null, { status });
    using reduced = ppmkReduced;
    assert.equal(status.code, HResult.MK_S_REDUCED_TO_SELF);
    assert.equal(await codeOf((options) => moniker.IsEqual(reduced, options)), HResult.S_OK);
  }
});

test("which of the system's monikers it is", async () => {
  const kinds: readonly (readonly [string, number])[] = [
    ["I1", MKSYS.MKSYS_ITEMMONIKER],
    ["A1", MKSYS.MKSYS_ANTIMONIKER],
    ["Fa;", MKSYS.MKSYS_FILEMONIKER],
    ["P", MKSYS.MKSYS_POINTERMONIKER],
    ["CI1I2", MKSYS.MKSYS_GENERICCOMPOSITE],
  ];
  for (const [one, kind] of kinds) {
    using moniker = await made(com, one);
    assert.equal(await moniker.IsSystemMoniker(), kind);
  }
  using session = await parseDisplayName(com, "Session:1!");
  assert.equal(await session.IsSystemMoniker(), MKSYS.MKSYS_SESSIONMONIKER);
  using fresh = await parseDisplayName(com, "new:{0002e005-0000-0000-c000-000000000046}");
  assert.equal(await codeOf((options) => fresh.IsSystemMoniker(options)), HResult.S_FALSE);
});
