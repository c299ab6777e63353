import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HResult, fromHex, toHex } from "../../base/index.ts";
import { type IMoniker, MKSYS } from "../../com/gen/objidl.ts";
import type { Runtime } from "../../com/index.ts";
import {
  createAntiMoniker,
  createClassMoniker,
  createFileMoniker,
  createItemMoniker,
  createNewMoniker,
  createUrlMoniker,
  monikerBytes,
  monikerFromBytes,
  parseDisplayName,
} from "../index.ts";
import {
  anti,
  ascii,
  codeOf,
  comparisonOf,
  le32,
  made,
  nameOf,
  openRuntime,
  stateOf,
  told,
  wide,
} from "./support.ts";

/*
 * Persisted forms, comparison data, sizes and hashes. The values of item, class, anti and composite monikers are those that Wine's tests of monikers
 * (dlls/ole32/tests/moniker.c) found on Windows; file monikers follow [MS-OSHARED] 2.3.7.8.
 */

let com: Runtime;
before(async () => (com = await openRuntime()));
after(() => com.close());

const categories = "0002e005-0000-0000-c000-000000000046";
const classHex = "05e0020000000000c000000000000046";

async function check(
  moniker: IMoniker,
  wanted: {
    readonly state: string;
    readonly comparison?: string;
    readonly size: number;
    readonly name: string;
  },
): Promise<void> {
  using held = moniker;
  assert.equal(await stateOf(com, held), wanted.state);
  assert.equal(await held.GetSizeMax(), BigInt(wanted.size));
  assert.equal(await nameOf(com, held), wanted.name);
  if (wanted.comparison !== undefined) assert.equal(await comparisonOf(held), wanted.comparison);
  assert.equal(await codeOf((options) => held.IsDirty(options)), HResult.S_FALSE);
  using again = await monikerFromBytes(com, await monikerBytes(com, held));
  assert.equal(await codeOf((options) => held.IsEqual(again, options)), HResult.S_OK);
  assert.equal(await nameOf(com, again), wanted.name);
  assert.equal(await again.Hash(), await held.Hash());
}

const itemClass = "0403000000000000c000000000000046";

const items = [
  { delimiter: "!", state: `02000000${ascii("!")}0005000000${ascii("Test")}00`, size: 54, key: "!TEST" },
  { delimiter: null, state: `0000000005000000${ascii("Test")}00`, size: 46, key: "TEST" },
  { delimiter: "", state: `010000000005000000${ascii("Test")}00`, size: 50, key: "TEST" },
  { delimiter: "&&", state: `03000000${ascii("&&")}0005000000${ascii("Test")}00`, size: 58, key: "&&TEST" },
  { delimiter: "ab", state: `03000000${ascii("ab")}0005000000${ascii("Test")}00`, size: 58, key: "ABTEST" },
] as const;

for (const { delimiter, state, size, key } of items) {
  test(`an item with the delimiter ${delimiter}`, async () => {
    const comparison = `${itemClass}${wide(`${key}\0`)}`;
    const name = `${delimiter ?? ""}Test`;
    await check(createItemMoniker(com, delimiter, "Test"), { state, comparison, size, name });
  });
}

test("items with text in UTF-16 behind the 8-bit text", async () => {
  const load = async (state: string): Promise<string | null> =>
    told(com, await monikerFromBytes(com, fromHex(itemClass + state)));
  assert.equal(await load("05000000ffff002100020000004100"), "!A");
  assert.equal(await load("02000000210005000000ffff004200"), "!B");
  assert.equal(await load("05000000ffff00210006000000ffffff004300"), "!C");
  using greek = createItemMoniker(com, "!", "αβ");
  assert.equal(await stateOf(com, greek), `02000000210007000000${ascii("??")}00${wide("αβ")}`);
  using again = await monikerFromBytes(com, await monikerBytes(com, greek));
  assert.equal(await nameOf(com, again), "!αβ");
});

test("hashes of items", async () => {
  const hash = async (delimiter: string, item: string): Promise<number> => {
    using moniker = createItemMoniker(com, delimiter, item);
    return await moniker.Hash();
  };
  assert.equal(await hash("!", "Test"), 0x73c);
  assert.equal(await hash("%", "Test"), 0x73c);
  assert.equal(await hash("%", "TEST"), 0x73c);
  assert.equal(await hash("%", "T"), 0x54);
  assert.equal(await hash("%", "A"), 0x41);
  assert.equal(await hash("%", "a"), 0x41);
});

test("equal items: the delimiter makes no difference", async () => {
  const equal = async (a: [string | null, string], b: [string | null, string]): Promise<boolean> => {
    using first = createItemMoniker(com, ...a);
    using second = createItemMoniker(com, ...b);
    const code = await codeOf((options) => first.IsEqual(second, options));
    assert.equal(await codeOf((options) => second.IsEqual(first, options)), code);
    return code === HResult.S_OK;
  };
  assert.equal(await equal(["!", "Item1"], ["!", "ITEM1"]), true);
  assert.equal(await equal([null, "Item1"], ["!", "ITEM1"]), true);
  assert.equal(await equal(["", "Item1"], ["!", "ITEM1"]), true);
  assert.equal(await equal(["&", "Item1"], ["!", "ITEM1"]), true);
  assert.equal(await equal(["&&", "Item1"], ["&", "&Item1"]), false);
  assert.equal(await equal([null, "Item1"], [null, "Item2"]), false);
});

test("a class", async () => {
  const comparison = `1a03000000000000c000000000000046${classHex}`;
  const name = "clsid:0002E005-0000-0000-C000-000000000046:";
  await check(createClassMoniker(com, categories), {
    state: `${classHex}00000000`,
    comparison,
    size: 20,
    name,
  });
  using moniker = createClassMoniker(com, categories);
  assert.equal(await moniker.Hash(), 0x0002e005);
  assert.equal(await moniker.IsSystemMoniker(), MKSYS.MKSYS_CLASSMONIKER);
  using loaded = await monikerFromBytes(
    com,
    fromHex(`1a03000000000000c000000000000046${classHex}${le32(10)}${wide("data\0")}`),
  );
  assert.equal(await loaded.GetSizeMax(), 30n);
  assert.equal(await nameOf(com, loaded), "clsid:0002E005-0000-0000-C000-000000000046data:");
  assert.equal(await stateOf(com, loaded), `${classHex}${le32(10)}${wide("data\0")}`);
  assert.equal(await comparisonOf(loaded), comparison);
  assert.equal(await codeOf((options) => loaded.IsEqual(moniker, options)), HResult.S_OK);
});

test("an anti moniker", async () => {
  const comparison = (count: number): string => `0503000000000000c000000000000046${le32(count)}`;
  await check(createAntiMoniker(com), { state: le32(1), comparison: comparison(1), size: 20, name: "\\.." });
  await check(await anti(com, 2), { state: le32(2), comparison: comparison(2), size: 20, name: "\\..\\.." });
  await check(await anti(com, 0), { state: le32(0), comparison: comparison(0), size: 20, name: "" });
  using most = await anti(com, 0xfffff);
  assert.equal(await most.Hash(), 0x800fffff);
  await assert.rejects(anti(com, 0x100000), { code: HResult.E_INVALIDARG });
});

test("a composite", async () => {
  using test_ = createItemMoniker(com, "!", "Test");
  using wine = createItemMoniker(com, "#", "Wine");
  const composite = await test_.ComposeWith(wine, 0);
  assert.ok(composite !== null);
  const itemState = (delimiter: string, name: string): string =>
    `${itemClass}02000000${ascii(delimiter)}0005000000${ascii(name)}00`;
  assert.equal(await composite.Hash(), 0xd87);
  assert.equal(await composite.IsSystemMoniker(), MKSYS.MKSYS_GENERICCOMPOSITE);
  await check(composite, {
    state: `02000000${itemState("!", "Test")}${itemState("#", "Wine")}`,
    comparison: `0903000000000000c000000000000046${itemClass}${wide("!TEST\0")}${itemClass}${wide("#WINE\0")}`,
    size: 160,
    name: "!Test#Wine",
  });
});

const zeros = "00".repeat(20);

test("files", async () => {
  const fileClass = "0303000000000000c000000000000046";
  const narrow = (path: string, antis = "0000", server = "ffff"): string =>
    `${antis}${le32(path.length + 1)}${ascii(path)}00${server}adde${zeros}`;
  await check(createFileMoniker(com, "C:\\dir\\test.doc"), {
    state: `${narrow("C:\\dir\\test.doc")}00000000`,
    comparison: `${fileClass}${wide("C:\\DIR\\TEST.DOC\0")}`,
    size: 0x38 + 4 * 15,
    name: "C:\\dir\\test.doc",
  });
  // The steps out of directories are counted, not written ([MS-OSHARED] 2.3.7.8: cAnti).
  await check(createFileMoniker(com, "..\\..\\a.xls"), {
    state: `${narrow("a.xls", "0200")}00000000`,
    size: 0x38 + 4 * 11,
    name: "..\\..\\a.xls",
  });
  await check(createFileMoniker(com, "\\\\srv\\share\\a"), {
    state: `${narrow("\\\\srv\\share\\a", "0000", "0500")}00000000`,
    size: 0x38 + 4 * 13,
    name: "\\\\srv\\share\\a",
  });
  // A directory, and a path that code page 1252 cannot say, stand there in UTF-16 too.
  await check(createFileMoniker(com, "C:\\"), {
    state: `${narrow("C:\\")}0c000000060000000300${wide("C:\\")}`,
    size: 0x38 + 12,
    name: "C:\\",
  });
  await check(createFileMoniker(com, "č.doc"), {
    state: `0000060000003f${ascii(".doc")}00ffffadde${zeros}100000000a0000000300${wide("č.doc")}`,
    size: 0x38 + 20,
    name: "č.doc",
  });
});

test("what Windows does not look at in a file moniker may be anything", async () => {
  const odd = `0303000000000000c000000000000046000003000000${ascii("ab")}00dcfe98ba${"98badcfe".repeat(5)}00000000`;
  assert.equal(await told(com, await monikerFromBytes(com, fromHex(odd))), "ab");
});

test("a new object, an address, a queue", async () => {
  await check(createNewMoniker(com, categories), {
    state: classHex,
    size: 16,
    name: "new:{0002E005-0000-0000-C000-000000000046}",
  });
  const url = "http://example.org/a";
  await check(createUrlMoniker(com, url), { state: `${le32(42)}${wide(`${url}\0`)}`, size: 46, name: url });
  await check(await parseDisplayName(com, "queue:Label=x,Priority=3"), {
    state: `${le32(38)}${wide("Label=x,Priority=3\0")}`,
    size: 42,
    name: "queue:Label=x,Priority=3/",
  });
});

test("what cannot be saved says so", async () => {
  using pointer = await made(com, "P");
  await assert.rejects(monikerBytes(com, pointer), { code: HResult.E_NOTIMPL });
  using both = await made(com, "CPI1");
  await assert.rejects(monikerBytes(com, both), { code: HResult.E_NOTIMPL });
  await assert.rejects(nameOf(com, both), { code: HResult.E_NOTIMPL });
  assert.equal(toHex(await monikerBytes(com, createAndKeep())), "0503000000000000c00000000000004601000000");
  kept?.[Symbol.dispose]();
});

let kept: IMoniker | undefined;
function createAndKeep(): IMoniker {
  return (kept = createAntiMoniker(com));
}

/* Monikers in hyperlinks of Excel, from the tests of Apache POI (TestHyperlinkRecord). */

const urlClass = "e0c9ea79f9bace118c8200aa004ba90b";
const fileClass = "0303000000000000c000000000000046";
const tail = "795881f43b1d7f48af2c825dc485276300000000a5ab0000";

test("addresses that Excel wrote, with and without how they were parsed", async () => {
  for (const [size, address, end] of [
    [0x48, "http://www.lakings.com/", tail],
    [0x76, "mailto:ebgans@mail.ru?subject=Hello,%20Ebgans!", tail],
    [0x94, "http://www.regnow.com/softsell/nph-softsell.cgi?currency=USD&item=7924-37", ""],
    [0x28, "testfolder/test.PDF", ""],
  ] as const) {
    const bytes = fromHex(`${urlClass}${le32(size)}${wide(`${address}\0`)}${end}`);
    using moniker = await monikerFromBytes(com, bytes);
    assert.equal(await nameOf(com, moniker), address);
    assert.deepEqual(await monikerBytes(com, moniker), bytes);
    assert.equal(await moniker.GetSizeMax(), BigInt(bytes.length - 16));
  }
});

test("files that Excel wrote, with a short name and the whole one", async () => {
  const plain = fromHex(`${fileClass}00000a000000${ascii("link1.xls")}00ffffadde${"00".repeat(20)}00000000`);
  using link = await monikerFromBytes(com, plain);
  assert.equal(await nameOf(com, link), "link1.xls");
  assert.deepEqual(await monikerBytes(com, link), plain);
  const long = `${fileClass}00000d000000${ascii("YEARFR~1.XLS")}00ffffadde${"00".repeat(20)}`;
  const name = "yearfracExamples.xls";
  using both = await monikerFromBytes(com, fromHex(`${long}2e000000280000000300${wide(name)}`));
  assert.equal(await nameOf(com, both), name);
});

/* A place within a file, as [MS-OSHARED] 2.3.7.3 lays it out: a count, and each moniker behind its class. */

test("composites within hyperlinks: a relative file, a share, an item behind them", async () => {
  const zeros24 = "00".repeat(20);
  const item = `${itemClass}02000000${ascii("!")}0008000000${ascii("Sheet 2")}00`;
  for (const [file, name] of [
    [`010009000000${ascii("book.xls")}00ffffadde${zeros24}00000000`, "..\\book.xls!Sheet 2"],
    [`00000f000000${ascii("\\\\srv\\sh\\a.xls")}000500adde${zeros24}00000000`, "\\\\srv\\sh\\a.xls!Sheet 2"],
    [
      `0000060000003f${ascii(".xls")}00ffffadde${zeros24}100000000a0000000300${wide("\u010d.xls")}`,
      "\u010d.xls!Sheet 2",
    ],
  ] as const) {
    const bytes = fromHex(`0903000000000000c00000000000004602000000${fileClass}${file}${item}`);
    using moniker = await monikerFromBytes(com, bytes);
    assert.equal(await moniker.IsSystemMoniker(), MKSYS.MKSYS_GENERICCOMPOSITE);
    assert.equal(await nameOf(com, moniker), name);
    assert.deepEqual(await monikerBytes(com, moniker), bytes);
  }
});
