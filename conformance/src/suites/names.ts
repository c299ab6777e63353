import assert from "node:assert/strict";
import {
  type CreationContext,
  type Guid,
  ComError,
  HResult,
  type Runtime,
  guid,
  implement,
  isSameObject,
} from "comity";
import {
  IBindCtx,
  IEnumMoniker,
  IMoniker,
  IROTData,
  type IRunningObjectTable,
} from "comity/interfaces/objidl";
import { IOleItemContainer, IOleLink, IParseDisplayName } from "comity/interfaces/oleidl";
import { IServiceProvider } from "comity/interfaces/servprov";
import { remoteObjectOf } from "comity/com";
import {
  bindMoniker,
  createAntiMoniker,
  createBindCtx,
  createFileMoniker,
  createGenericComposite,
  createItemMoniker,
  createPointerMoniker,
  monikerBytes,
  parseDisplayName,
} from "comity/naming";
import { fails } from "./assertions.js";
import { enumeratorSuite } from "./enumerator.js";
import { type Ground, type Suite, suite } from "./suite.js";

/** The class that gives bind contexts, enumerators of monikers, a container and a link, by IServiceProvider. */
export const nameMakerClass: Guid = guid("5b9c0e70-7f3a-4d1c-8b42-93d1f6a0c141");

/** Keeps a moniker (IOleLink, as far as its source goes). */
class Link {
  #source: IMoniker | null = null;

  SetSourceMoniker(source: IMoniker | null): void {
    source?.AddRef();
    this.#source?.Release();
    this.#source = source;
  }
  GetSourceMoniker(): IMoniker | null {
    this.#source?.AddRef();
    return this.#source;
  }
  finalRelease(): void {
    this.#source?.Release();
  }
}
implement(Link, IOleLink);

/** Things within things; their names are words. */
class Box {
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** `deadline:N`: refuses unless the bind context says so. */
  async GetObject(item: string, speed: number, context: IBindCtx | null): Promise<object> {
    const [kind, value] = item.split(":");
    if (kind === "missing") throw new ComError(HResult.MK_E_NOOBJECT, "no such thing");
    if (kind === "deadline") {
      const { dwTickCountDeadline } = (await context?.GetBindOptions(noOptions)) ?? noOptions;
      assert.deepEqual([String(dwTickCountDeadline), speed], [value, 3]);
    }
    return new Box(this.#runtime);
  }
  GetObjectStorage(): never {
    throw new ComError(HResult.MK_E_NOSTORAGE, "no storage");
  }
  IsRunning(): void {}
  LockContainer(): void {}
  EnumObjects(): null {
    return null;
  }
  ParseDisplayName(_context: IBindCtx | null, name: string): { pchEaten: number; ppmkOut: IMoniker } {
    const word = /^!([\w:]+)/.exec(name)?.[1] ?? "";
    return { pchEaten: word.length + 1, ppmkOut: createItemMoniker(this.#runtime, "!", word) };
  }
}
implement(Box, IOleItemContainer);

const noOptions = {
  cbStruct: 32,
  grfFlags: 0,
  grfMode: 0,
  dwTickCountDeadline: 0,
  dwTrackFlags: 0,
  dwClassContext: 0,
  locale: 0,
  pServerInfo: null,
};

export class NameMaker {
  readonly #runtime: Runtime;

  constructor({ runtime }: CreationContext) {
    this.#runtime = runtime;
  }

  async QueryService(_service: Guid, riid: Guid): Promise<object | null> {
    if (riid === IBindCtx.iid) return createBindCtx(this.#runtime);
    if (riid === IOleLink.iid) return new Link();
    if (riid !== IEnumMoniker.iid) return new Box(this.#runtime);
    using whole = await three(this.#runtime);
    return whole.Enum(1);
  }
}
implement(NameMaker, IServiceProvider);

async function three(com: Runtime): Promise<IMoniker> {
  using file = createFileMoniker(com, "C:\\a");
  using one = createItemMoniker(com, "!", "one");
  using two = createItemMoniker(com, "!", "two");
  using both = await createGenericComposite(com, file, one);
  const whole = await createGenericComposite(com, both, two);
  assert.ok(whole !== null);
  return whole;
}

async function given<T>({ create }: Ground, iid: Guid): Promise<T> {
  using maker = await create(nameMakerClass, IServiceProvider);
  return (await maker.QueryService(nameMakerClass, iid)) as T;
}

async function nameOf(com: Runtime, moniker: IMoniker | null | undefined): Promise<string | null> {
  using context = createBindCtx(com);
  return (await moniker?.GetDisplayName(context, null)) ?? null;
}

const monikerSuite = suite("IMoniker", {
  async "one that is handed over is a moniker there, and comes back as good"(ground) {
    const { com } = ground;
    using link = await given<IOleLink>(ground, IOleLink.iid);
    for (const make of [
      () => createFileMoniker(com, "..\\dir\\žluť.doc"),
      () => createItemMoniker(com, "!", "thing"),
      () => createAntiMoniker(com),
      () => parseDisplayName(com, "clsid:5b9c0e70-7f3a-4d1c-8b42-93d1f6a0c141;x:"),
      () => parseDisplayName(com, "new:{5b9c0e70-7f3a-4d1c-8b42-93d1f6a0c141}"),
      () => parseDisplayName(com, "queue:Label=x/new:{5b9c0e70-7f3a-4d1c-8b42-93d1f6a0c141}"),
      () => parseDisplayName(com, "https://example.org/"),
      () => three(com),
    ]) {
      using moniker = await make();
      await link.SetSourceMoniker(moniker, nameMakerClass);
      using back = await link.GetSourceMoniker();
      assert.ok(back !== null);
      const status = { code: -1 };
      await back.IsEqual(moniker, { status });
      assert.equal(status.code, HResult.S_OK);
      assert.equal(await nameOf(com, back), await nameOf(com, moniker));
      assert.deepEqual(await monikerBytes(com, back), await monikerBytes(com, moniker));
      assert.equal(remoteObjectOf(back), undefined, "by value");
    }
    await link.SetSourceMoniker(null, nameMakerClass);
    assert.equal(await link.GetSourceMoniker(), null);
  },

  async "a pointer moniker leads to the same object from there"(ground) {
    const { com } = ground;
    using link = await given<IOleLink>(ground, IOleLink.iid);
    using moniker = createPointerMoniker(com, link);
    await link.SetSourceMoniker(moniker, nameMakerClass);
    using back = await link.GetSourceMoniker();
    assert.ok(back !== null);
    using bound = await bindMoniker(com, back, IOleLink);
    assert.ok(isSameObject(bound, link));
    await link.SetSourceMoniker(null, nameMakerClass);
  },

  async "items are bound through a container, with the bind context of the caller"(ground) {
    const { com } = ground;
    using box = await given<IOleItemContainer>(ground, IOleItemContainer.iid);
    using left = createPointerMoniker(com, box);
    using right = createItemMoniker(com, "!", "deadline:17");
    using whole = await createGenericComposite(com, left, right);
    assert.ok(whole !== null);
    using inner = await bindMoniker(com, whole, IOleItemContainer, { deadline: 17 });
    assert.ok(!isSameObject(inner, box));
    using nothing = createItemMoniker(com, "!", "missing");
    using absent = await createGenericComposite(com, left, nothing);
    assert.ok(absent !== null);
    await fails(HResult.MK_E_NOOBJECT, () => bindMoniker(com, absent, IOleItemContainer));
  },

  async "IROTData compares what crossed"(ground) {
    const { com } = ground;
    using link = await given<IOleLink>(ground, IOleLink.iid);
    using moniker = await three(com);
    await link.SetSourceMoniker(moniker, nameMakerClass);
    using back = await link.GetSourceMoniker();
    assert.ok(back !== null);
    using a = await moniker.QueryInterface(IROTData);
    using b = await back.QueryInterface(IROTData);
    assert.deepEqual(await b.GetComparisonData(2048), await a.GetComparisonData(2048));
    await fails(HResult.E_OUTOFMEMORY, () => b.GetComparisonData(10));
    await link.SetSourceMoniker(null, nameMakerClass);
  },
});

const parseSuite = suite("IParseDisplayName", {
  async "answers how much it read, and a moniker"(ground) {
    const { com } = ground;
    using parser = await given<IParseDisplayName>(ground, IParseDisplayName.iid);
    using context = createBindCtx(com);
    const { pchEaten, ppmkOut } = await parser.ParseDisplayName(context, "!one!two");
    using moniker = ppmkOut;
    assert.equal(pchEaten, 4);
    assert.equal(await nameOf(com, moniker), "!one");
  },
});

const bindContextSuite = suite("IBindCtx", {
  async "keeps its options, and the ones that are not given"(ground) {
    using context = await given<IBindCtx>(ground, IBindCtx.iid);
    const { grfMode, dwClassContext, ...rest } = await context.GetBindOptions(noOptions);
    assert.deepEqual([grfMode, dwClassContext], [2, 0x15]);
    await context.SetBindOptions({ ...rest, cbStruct: 16, grfMode: 0x12, dwClassContext: 1 });
    const after = await context.GetBindOptions(noOptions);
    assert.deepEqual([after.grfMode, after.dwClassContext], [0x12, 0x15]);
    await fails(HResult.E_INVALIDARG, () => context.SetBindOptions({ ...after, cbStruct: 7 }));
  },

  async "keeps objects by name, and those that were bound"(ground) {
    using context = await given<IBindCtx>(ground, IBindCtx.iid);
    using object = await given<IOleLink>(ground, IOleLink.iid);
    await context.RegisterObjectParam("link", object);
    using same = await context.GetObjectParam("link");
    assert.ok(same !== null && isSameObject(same, object));
    using names = await context.EnumObjectParam();
    assert.deepEqual((await names?.Next(2))?.rgelt, ["link"]);
    await context.RevokeObjectParam("link");
    await fails(HResult.E_FAIL, () => context.GetObjectParam("link"));
    await context.RegisterObjectBound(object);
    await context.RevokeObjectBound(object);
    await fails(HResult.MK_E_NOTBOUND, () => context.RevokeObjectBound(object));
    await context.ReleaseBoundObjects();
  },
});

const tableSuite = suite("IRunningObjectTable", {
  async "finds what was registered, until it is revoked"(ground) {
    const { com } = ground;
    using table = await tableOf(ground);
    using object = await given<IOleLink>(ground, IOleLink.iid);
    using name = createItemMoniker(com, "!", `suite ${Math.random()}`);
    const running = async (): Promise<boolean> => {
      const status = { code: -1 };
      await table.IsRunning(name, { status });
      return status.code === HResult.S_OK;
    };
    assert.equal(await running(), false);
    const cookie = await table.Register(1, object, name);
    assert.equal(await running(), true);
    using found = await table.GetObject(name);
    assert.ok(found !== null && isSameObject(found, object));
    const time = { dwLowDateTime: 5, dwHighDateTime: 6 };
    await table.NoteChangeTime(cookie, time);
    assert.deepEqual(await table.GetTimeOfLastChange(name), time);
    using list = await table.EnumRunning();
    const { rgelt } = (await list?.Next(1000)) ?? { rgelt: [] };
    const names: (string | null)[] = [];
    for (const one of rgelt) {
      using moniker = one;
      names.push(await nameOf(com, moniker));
    }
    assert.ok(names.includes(await nameOf(com, name)));
    await table.Revoke(cookie);
    assert.equal(await running(), false);
    await fails(HResult.E_INVALIDARG, () => table.Revoke(cookie));
    await fails(HResult.MK_E_UNAVAILABLE, () => table.GetObject(name));
  },

  async "says what it does not take"(ground) {
    using table = await tableOf(ground);
    using object = await given<IOleLink>(ground, IOleLink.iid);
    using pointer = createPointerMoniker(ground.com, object);
    await fails(HResult.E_NOTIMPL, () => table.Register(1, object, pointer));
    using name = createItemMoniker(ground.com, "!", "x");
    await fails(HResult.E_INVALIDARG, () => table.Register(4, object, name));
    await fails(HResult.E_INVALIDARG, () => table.Register(1, null, name));
    await fails(HResult.CO_E_WRONG_SERVER_IDENTITY, () => table.Register(3, object, name));
  },
});

async function tableOf(ground: Ground): Promise<IRunningObjectTable> {
  using context = await given<IBindCtx>(ground, IBindCtx.iid);
  const table = await context.GetRunningObjectTable();
  assert.ok(table !== null);
  return table;
}

/** Names: monikers and what they are bound with. */
export const nameSuites: readonly Suite[] = [
  monikerSuite,
  parseSuite,
  bindContextSuite,
  tableSuite,
  enumeratorSuite("IEnumMoniker", {
    elements: 3,
    make: (ground) => given<IEnumMoniker>(ground, IEnumMoniker.iid),
    async next(one, count, status) {
      const { rgelt } = await one.Next(count, status && { status });
      const hashes = await Promise.all(rgelt.map(async (moniker) => moniker?.Hash()));
      for (const moniker of rgelt) moniker?.[Symbol.dispose]();
      return hashes;
    },
  }),
];
