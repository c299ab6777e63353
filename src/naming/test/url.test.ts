import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { ComError, HResult, guid } from "../../base/index.ts";
import { type IBindCtx, type IMoniker, IPersistFile, IPersistStream, IStream } from "../../com/gen/objidl.ts";
import { BINDSTATUS, IBindStatusCallback, type IBinding, IPersistMoniker } from "../../com/gen/urlmon.ts";
import { ClassContext, IUnknown, type Runtime, defineClass, implement } from "../../com/index.ts";
import {
  bindMoniker,
  createBindCtx,
  createGenericComposite,
  createUrlMoniker,
  defaultNamingLimits,
  getRunningObjectTable,
  namingOf,
  registerBindStatusCallback,
  revokeBindStatusCallback,
} from "../index.ts";
import { nameOf, openRuntime, running, told } from "./support.ts";

/* Addresses: what stands there as a stream and as an object, and what is refused. */

let com: Runtime;
let server: Server;
let home: string;
const requests: string[] = [];
const folder = mkdtempSync(join(tmpdir(), "comity-url-"));
const file = join(folder, "a note.cpage");

const pages: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  "/note": (_request, response) =>
    response.setHeader("content-type", "text/x-note; charset=utf-8").end("hello"),
  "/a.cpage": (_request, response) => response.setHeader("content-type", "text/plain").end("page"),
  "/once": (_request, response) => response.writeHead(302, { location: "/note" }).end(),
  "/round": (_request, response) => response.writeHead(302, { location: "/round" }).end(),
  "/away": (_request, response) => response.writeHead(302, { location: pathToFileURL(file).href }).end(),
  "/login": (_request, response) => response.writeHead(401).end(),
  "/broken": (_request, response) => response.writeHead(500).end(),
  "/long": (_request, response) => response.setHeader("content-length", 1e9).write("x"),
  "/endless": (_request, response) => {
    const more = (): void => {
      if (response.socket?.destroyed === false)
        response.write(Buffer.alloc(0x1_0000), () => setImmediate(more));
    };
    more();
  },
  "/bomb": (_request, response) =>
    response.setHeader("content-encoding", "gzip").end(gzipSync(Buffer.alloc(0x20_0000))),
  "/cut": (_request, response) => {
    response.setHeader("content-length", 100).write("x", () => response.destroy());
  },
  "/crumbs": (_request, response) => {
    response.setTimeout(0);
    for (let i = 0; i < 2000; i++) response.write(String(i % 10));
    response.end();
  },
  "/silent": () => undefined,
  "/slow": (_request, response) => response.write("x"),
};

before(async () => {
  com = await openRuntime();
  namingOf(com).limits = { ...defaultNamingLimits, maxFetchedBytes: 0x10_0000 };
  writeFileSync(file, "from a file");
  server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const page = pages[request.url ?? ""];
    if (page === undefined) response.writeHead(404).end();
    else page(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await com.close();
  rmSync(folder, { recursive: true, force: true });
});

async function storageOf(url: string, context?: IBindCtx): Promise<IStream> {
  using moniker = createUrlMoniker(com, url);
  using own = createBindCtx(com);
  return (await moniker.BindToStorage(context ?? own, null, IStream.iid)) as IStream;
}

async function textOf(url: string): Promise<string> {
  using stream = await storageOf(url);
  const { pv } = await stream.Read(100);
  return Buffer.from(pv).toString();
}

test("what stands at an address, as a stream", async () => {
  assert.equal(await textOf(`${home}/note`), "hello");
  assert.equal(await textOf(`${home}/once`), "hello");
  assert.equal(await textOf(`${home}/crumbs`), "0123456789".repeat(10));
  assert.equal(await textOf(pathToFileURL(file).href), "from a file");
  // As it is bound from an address it is relative to.
  using base = createUrlMoniker(com, `${home}/folder/x`);
  using context = createBindCtx(com);
  using relative = createUrlMoniker(com, "../note");
  using stream = (await relative.BindToStorage(context, base, IStream.iid)) as IStream;
  assert.equal(Buffer.from((await stream.Read(100)).pv).toString(), "hello");
});

test("addresses are combined", async () => {
  using base = createUrlMoniker(com, "http://example.org/a/b?c");
  assert.equal(await told(com, createUrlMoniker(com, "../d", base)), "http://example.org/d");
  using long = createUrlMoniker(com, `http://example.org/${"a".repeat(20_000)}/`);
  assert.throws(() => createUrlMoniker(com, "b".repeat(20_000), long), { code: HResult.MK_E_SYNTAX });
  using relative = createUrlMoniker(com, "e#f");
  assert.equal(
    await told(com, await createGenericComposite(com, base, relative)),
    "http://example.org/a/e#f",
  );
  using other = createUrlMoniker(com, "https://example.net/");
  assert.equal(await told(com, await createGenericComposite(com, base, other)), "https://example.net/");
});

const refusals = [
  ["/missing", HResult.INET_E_OBJECT_NOT_FOUND],
  ["/login", HResult.INET_E_AUTHENTICATION_REQUIRED],
  ["/broken", HResult.INET_E_DOWNLOAD_FAILURE],
  ["/round", HResult.INET_E_REDIRECT_FAILED],
  ["/away", HResult.INET_E_REDIRECT_FAILED],
  ["/long", HResult.INET_E_DOWNLOAD_FAILURE],
  ["/endless", HResult.INET_E_DOWNLOAD_FAILURE],
  ["/bomb", HResult.INET_E_DOWNLOAD_FAILURE],
  ["/cut", HResult.INET_E_DOWNLOAD_FAILURE],
] as const;

for (const [path, code] of refusals) {
  test(`${path} is refused`, async () => {
    await assert.rejects(storageOf(home + path), { code });
  });
}

test("addresses that are not fetched", async () => {
  for (const [url, code] of [
    ["ftp://example.org/a", HResult.INET_E_UNKNOWN_PROTOCOL],
    ["mailto:a@example.org", HResult.INET_E_UNKNOWN_PROTOCOL],
    ["just/a/path", HResult.INET_E_INVALID_URL],
    ["http://ann:secret@127.0.0.1/", HResult.INET_E_SECURITY_PROBLEM],
    ["http://127.0.0.1:1/", HResult.INET_E_CANNOT_CONNECT],
    ["http://does-not-exist.invalid/", HResult.INET_E_RESOURCE_NOT_FOUND],
    [`${pathToFileURL(folder).href}/missing`, HResult.INET_E_RESOURCE_NOT_FOUND],
    [pathToFileURL(folder).href, HResult.INET_E_OBJECT_NOT_FOUND],
    ["file:///a%2Fb", HResult.INET_E_INVALID_URL],
  ] as const)
    await assert.rejects(storageOf(url), { code }, url);
});

test("a deadline, and the longest a fetch may take", async () => {
  for (const path of ["/silent", "/slow"]) {
    using context = createBindCtx(com, { deadline: 50 });
    await assert.rejects(storageOf(home + path, context), { code: HResult.MK_E_EXCEEDEDDEADLINE });
  }
  const naming = namingOf(com);
  const { limits } = naming;
  naming.limits = { ...limits, fetchTimeout: 50 };
  await assert.rejects(storageOf(`${home}/slow`), { code: HResult.INET_E_CONNECTION_TIMEOUT });
  naming.limits = limits;
});

/** Keeps what it is told; may end the binding. */
class Listener {
  readonly said: string[] = [];
  readonly end: "abort" | "throw" | undefined;
  #binding: IBinding | undefined;

  constructor(end?: "abort" | "throw") {
    this.end = end;
  }

  OnStartBinding(_reserved: number, pib: IBinding | null): void {
    this.said.push("start");
    this.#binding = pib === null ? undefined : (pib.AddRef(), pib);
  }

  OnProgress(at: number, of: number, status: number, text: string | null): void {
    const name = Object.entries(BINDSTATUS)
      .find(([, value]) => value === status)?.[0]
      .slice(11);
    this.said.push(`${name} ${at}/${of} ${text?.replace(home, "")}`);
    if (this.end === "throw") throw new ComError(HResult.E_ABORT, "enough");
    if (this.end === "abort") void this.#binding?.Abort();
  }

  OnStopBinding(hresult: number): void {
    this.said.push(`stop ${(hresult >>> 0).toString(16)}`);
    this.#binding?.Release();
  }

  GetPriority(): number {
    return 0;
  }
  OnLowResource(): void {}
  GetBindInfo(): never {
    throw new ComError(HResult.E_NOTIMPL);
  }
  OnDataAvailable(): void {}
  OnObjectAvailable(): void {}
}
implement(Listener, IBindStatusCallback);

test("a callback is told how it goes, and may end it", async () => {
  using context = createBindCtx(com);
  const listener = new Listener();
  assert.equal(await registerBindStatusCallback(com, context, listener), undefined);
  {
    using _ = await storageOf(`${home}/once`, context);
  }
  const host = new URL(home).host;
  assert.deepEqual(listener.said, [
    "start",
    `CONNECTING 0/0 ${host}`,
    "REDIRECTING 0/0 /note",
    `CONNECTING 0/0 ${host}`,
    "MIMETYPEAVAILABLE 0/0 text/x-note",
    "BEGINDOWNLOADDATA 5/5 /note",
    "ENDDOWNLOADDATA 5/5 /note",
    "stop 0",
  ]);
  for (const end of ["abort", "throw"] as const) {
    const ender = new Listener(end);
    using before = await registerBindStatusCallback(com, context, ender);
    assert.ok(before !== undefined);
    await assert.rejects(storageOf(`${home}/note`, context), { code: HResult.E_ABORT });
    assert.equal(ender.said.at(-1), "stop 80004004");
  }
  await revokeBindStatusCallback(context);
  using _ = await storageOf(`${home}/note`, context);
  await assert.rejects(revokeBindStatusCallback(context), { code: HResult.E_FAIL });
});

test(
  "a callback that never answers does not keep a binding beyond its time",
  { timeout: 20_000 },
  async () => {
    for (const stuck of ["OnProgress", "OnStopBinding"]) {
      using context = createBindCtx(com, { deadline: 500 });
      const listener = Object.assign(new Listener(), {
        OnStartBinding: () => undefined,
        [stuck]: () => new Promise<never>(() => undefined),
      });
      await registerBindStatusCallback(com, context, listener);
      const binding = storageOf(`${home}/note`, context);
      if (stuck === "OnStopBinding") (await binding)[Symbol.dispose]();
      else await assert.rejects(binding, { code: HResult.MK_E_EXCEEDEDDEADLINE });
    }
  },
);

const loaded: string[] = [];

/** Loads by its moniker, and fetches what it names itself. */
class Note {
  async Load(_full: number, name: IMoniker | null, context: IBindCtx | null): Promise<void> {
    using stream = (await name?.BindToStorage(context, null, IStream.iid)) as IStream;
    // With the same bind context another address is another content.
    assert.ok(context);
    using other = await storageOf(`${home}/a.cpage`, context);
    assert.equal(Buffer.from((await other.Read(100)).pv).toString(), "page");
    loaded.push(Buffer.from((await stream.Read(100)).pv).toString());
  }
  GetClassID(): never {
    throw new ComError(HResult.E_NOTIMPL);
  }
  IsDirty(): void {}
  Save(): void {}
  SaveCompleted(): void {}
  GetCurMoniker(): null {
    return null;
  }
}
implement(Note, IPersistMoniker);

/** Loads from a stream. */
class Page {
  async Load(stream: IStream | null): Promise<void> {
    loaded.push(Buffer.from((await stream?.Read(100))?.pv ?? []).toString());
  }
  GetClassID(): never {
    throw new ComError(HResult.E_NOTIMPL);
  }
  IsDirty(): void {}
  Save(): void {}
  GetSizeMax(): bigint {
    return 0n;
  }
}
implement(Page, IPersistStream);

/** Loads files alone. */
class Filed {
  Load(path: string): void {
    loaded.push(path);
  }
  GetClassID(): never {
    throw new ComError(HResult.E_NOTIMPL);
  }
  IsDirty(): void {}
  Save(): void {}
  SaveCompleted(): void {}
  GetCurFile(): null {
    return null;
  }
}
implement(Filed, IPersistFile);

test("an object of the content's class loads it: by type, by its bytes, by extension", async () => {
  const note = defineClass({ clsid: guid("6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0101") }, Note);
  const page = defineClass({ clsid: guid("6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0102") }, Page);
  const filed = defineClass({ clsid: guid("6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0103") }, Filed);
  const context = ClassContext.INPROC_SERVER;
  const registered = await Promise.all(
    [note, page, filed].map((one) => com.registerClassObject(one, { context })),
  );
  await com.registry.edit((keys) => {
    const type = "HKCR\\MIME\\Database\\Content Type\\text/x-note";
    keys.create(type);
    keys.set(type, "CLSID", `{${note.clsid}}`);
    keys.create("HKCR\\.cpage");
    keys.set("HKCR\\.cpage", "", `{${page.clsid}}`);
  });
  requests.length = 0;
  {
    using _ = await bindMoniker(com, `${home}/note`, IUnknown);
  }
  assert.deepEqual(requests, ["/note", "/a.cpage"]); // once, though the object asked for it too
  {
    using _ = await bindMoniker(com, `${home}/a.cpage`, IUnknown);
  }
  using address = createUrlMoniker(com, pathToFileURL(file).href);
  {
    using _ = await bindMoniker(com, address, IUnknown);
  }
  assert.deepEqual(loaded, ["hello", "page", "from a file"]);

  await com.registry.edit((keys) => keys.set("HKCR\\.cpage", "", `{${filed.clsid}}`));
  {
    using _ = await bindMoniker(com, address, IUnknown);
  }
  assert.equal(loaded.at(-1), file);
  await assert.rejects(bindMoniker(com, `${home}/a.cpage`, IUnknown), {
    code: HResult.INET_E_CANNOT_LOAD_DATA,
  });

  // What stands in the bytes goes before the extension.
  await com.registry.edit((keys) => {
    keys.create(`HKCR\\FileType\\{${page.clsid}}\\0`);
    keys.set(`HKCR\\FileType\\{${page.clsid}}\\0`, "", "0,4,,70616765");
  });
  {
    using _ = await bindMoniker(com, `${home}/a.cpage`, IUnknown);
  }
  assert.equal(loaded.at(-1), "page");
  await com.registry.edit((keys) => keys.set("HKCR\\.cpage", "", "{6f1a2b30-4a55-4c0e-9f43-1f0a3b5c01ff}"));
  await assert.rejects(bindMoniker(com, address, IUnknown), {
    code: HResult.INET_E_CANNOT_INSTANTIATE_OBJECT,
  });
  await assert.rejects(bindMoniker(com, `${home}/once`.replace("once", "missing"), IUnknown), {
    code: HResult.INET_E_OBJECT_NOT_FOUND,
  });
  for (const one of registered) await one[Symbol.asyncDispose]();
});

test("what runs under an address is found", async () => {
  using table = getRunningObjectTable(com);
  using moniker = createUrlMoniker(com, `${home}/missing`);
  const cookie = await running(table, moniker);
  using found = await bindMoniker(com, moniker, IUnknown);
  assert.ok(found);
  await table.Revoke(cookie);
  assert.equal(await nameOf(com, moniker), `${home}/missing`);
});
