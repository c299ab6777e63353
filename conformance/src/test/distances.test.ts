import assert from "node:assert/strict";
import { describe } from "node:test";
import { ComError, HResult, type Implements, LateBound, VT, Variant, implement, isSameObject } from "comity";
import { IMissing, ISubject, ISubjectEvents, ISubjectLab } from "../gen/subject.js";
import { type Distance, type Place, distances } from "../support/distances.js";
import { runs, until } from "../support/wait.js";
import { test } from "../support/test.js";

/** What an outsider does with an object; the same lines over every distance. */
async function useIt(place: Place, { here }: Distance): Promise<number> {
  using subject = await place.create();
  const pid = await subject.ProcessId();
  assert.equal(pid === process.pid, here, "the object lives where it should");
  await numbersAndTexts(subject);
  await variants(subject);
  await failures(subject);
  await lateBound(subject);
  using lab = await subject.QueryInterface(ISubjectLab);
  await callbacks(place, lab);
  await bytes(lab);
  await patience(lab);
  await references(subject, lab);
  await identity(subject, lab);
  await classObject(place);
  await release(place, lab);
  return pid;
}

async function numbersAndTexts(subject: ISubject): Promise<void> {
  assert.equal(await subject.Add(2, 40), 42);
  assert.equal(await subject.Add(0x7fffffff, 1), -0x80000000);
  await subject.put_Label("ein Wörtchen: 名前 🦆");
  assert.equal(await subject.get_Label(), "ein Wörtchen: 名前 🦆");
  assert.equal(await subject.Reverse("abc"), "cba");
  assert.equal(await subject.Reverse("x".repeat(100_000)), "x".repeat(100_000), "longer than a fragment");
  assert.equal(await subject.Reverse(""), "");
  const many = await Promise.all(Array.from({ length: 50 }, async (_, i) => subject.Add(i, i)));
  assert.deepEqual(
    many,
    Array.from({ length: 50 }, (_, i) => i + i),
    "many calls at once",
  );
}

async function variants(subject: ISubject): Promise<void> {
  const values: readonly unknown[] = [1, 2.5, "text", true, false, null, [1, 2, 3], ["a", "b", ""], [1.5, 2]];
  for (const value of values) {
    const back = await subject.Mirror(Variant.from(value));
    assert.deepEqual(plain(back.toJs()), value);
  }
  const typed = new Variant(VT.I2, -7);
  const back = await subject.Mirror(typed);
  assert.equal(back.vt, VT.I2);
  assert.equal(back.toJs(), -7);
}

/** Arrays may come as typed ones. */
function plain(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as Iterable<number>) : value;
}

async function failures(subject: ISubject): Promise<void> {
  await assert.rejects(
    async () => subject.Fail(0x80040201 | 0, "the reactor is warm"),
    (error: unknown) => {
      assert.ok(error instanceof ComError);
      assert.equal(error.code, 0x80040201);
      assert.equal(error.info.description, "the reactor is warm");
      assert.equal(error.info.source, "Comity.Subject");
      return true;
    },
  );
  await assert.rejects(async () => subject.Fail(HResult.E_INVALIDARG | 0, null), {
    code: HResult.E_INVALIDARG,
  });
  await assert.rejects(async () => subject.QueryInterface(IMissing), { code: HResult.E_NOINTERFACE });
  assert.equal(await subject.Add(1, 1), 2, "a failure changes nothing");
}

async function lateBound(subject: ISubject): Promise<void> {
  const script = new LateBound(subject);
  assert.equal(await script.call("add", [20, 22]), 42);
  await script.set("Label", "by name");
  assert.equal(await script.get("label"), "by name");
  await assert.rejects(script.call("Subtract", [1, 2]), { code: HResult.DISP_E_UNKNOWNNAME });
  await assert.rejects(script.call("Add", [1]), { code: HResult.DISP_E_BADPARAMCOUNT });
  await assert.rejects(script.call("Fail", [0x80040202 | 0, "late"]), (error: unknown) => {
    assert.ok(error instanceof ComError);
    assert.equal(error.code, 0x80040202);
    assert.equal(error.info.description, "late");
    return true;
  });
}

class Listener implements Implements<ISubjectEvents> {
  readonly heard: string[] = [];
  finalReleases = 0;

  Told(what: string | null): number {
    this.heard.push(what ?? "");
    if (what === "no") throw new ComError(0x80040203, "the client does not want to hear it");
    return what?.length ?? 0;
  }

  finalRelease(): void {
    this.finalReleases++;
  }
}
implement(Listener, ISubjectEvents);

async function callbacks(place: Place, lab: ISubjectLab): Promise<void> {
  const listener = new Listener();
  {
    using events = place.com.pointerTo(listener, ISubjectEvents);
    assert.equal(await lab.Tell(events, "hello"), 5);
    const lengths = await Promise.all(["a", "bb", "ccc"].map(async (text) => lab.Tell(events, text)));
    assert.deepEqual(lengths, [1, 2, 3]);
    await assert.rejects(
      async () => lab.Tell(events, "no"),
      { code: 0x80040203 },
      "through the server and back",
    );
    assert.deepEqual(
      listener.heard.toSorted((a, b) => a.localeCompare(b)),
      ["a", "bb", "ccc", "hello", "no"],
    );
    assert.equal(await lab.Tell(null, "nobody"), -1);
  }
  await until(() => listener.finalReleases === 1, "the server to let the client's object go");
}

/** More than one fragment, both ways, several at once. */
async function bytes(lab: ISubjectLab): Promise<void> {
  const sizes = [0, 1, 5840, 65_535, 65_536, 1_000_003];
  const answers = await Promise.all(
    sizes.map(async (size) => {
      const data = Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) & 0xff);
      const back = await lab.Echo(size, data);
      return back.length === size && Buffer.compare(back, data) === 0;
    }),
  );
  assert.deepEqual(answers, Array(sizes.length).fill(true));
}

async function patience(lab: ISubjectLab): Promise<void> {
  const start = performance.now();
  await assert.rejects(async () => lab.Wait(6000, { timeout: 50 }), { code: HResult.RPC_E_TIMEOUT });
  const aborted = new AbortController();
  setTimeout(() => aborted.abort(), 50);
  await assert.rejects(async () => lab.Wait(6000, { signal: aborted.signal }), {
    code: HResult.RPC_E_CALL_CANCELED,
  });
  assert.ok(performance.now() - start < 5500, "nobody waits longer than he wants to");
  assert.ok((await lab.Living()) > 0, "the connection is none the worse");
}

async function classObject(place: Place): Promise<void> {
  using factory = await place.classObject();
  using made = await factory.CreateInstance(ISubjectLab.iid);
  using lab = await made?.QueryInterface(ISubjectLab);
  assert.ok(lab !== undefined && (await lab.Living()) > 0);
  await assert.rejects(async () => factory.CreateInstance(IMissing.iid), { code: HResult.E_NOINTERFACE });
  const several = await place.createEx();
  assert.deepEqual(
    several.map(({ hresult }) => hresult),
    [HResult.S_OK, HResult.E_NOINTERFACE, HResult.S_OK],
    "several interfaces in one round trip",
  );
  const [first, , third] = several;
  assert.ok(
    first.pointer !== undefined && third.pointer !== undefined && isSameObject(first.pointer, third.pointer),
  );
  for (const { pointer } of several) pointer?.[Symbol.dispose]();
}

async function references(subject: ISubject, lab: ISubjectLab): Promise<void> {
  using second = await lab.Spawn();
  assert.ok(second !== null);
  await second.put_Label("second");
  assert.notEqual(await subject.get_Label(), "second", "an object of its own");
  const many = await lab.SpawnMany(3);
  for (const [i, one] of many.entries()) assert.equal(await one?.Add(i, 1), i + 1);
  for (const one of many) one?.[Symbol.dispose]();
  await lab.Keep(second);
  using kept = await lab.Kept();
  assert.equal(await kept?.get_Label(), "second");
  assert.equal(await lab.AddByKept(1, 2), 3);
  await lab.Keep(null);
}

async function identity(subject: ISubject, lab: ISubjectLab): Promise<void> {
  using myself = await lab.Myself();
  using other = await lab.Spawn();
  using again = await subject.QueryInterface(ISubject);
  assert.ok(myself !== null && other !== null);
  assert.ok(isSameObject(myself, subject), "two pointers, one object");
  assert.ok(isSameObject(lab, subject), "two interfaces, one object");
  assert.ok(isSameObject(again, subject), "reflexive");
  assert.ok(!isSameObject(other, subject));
}

async function release(place: Place, lab: ISubjectLab): Promise<void> {
  await until(async () => (await lab.Living()) === 1, "what was let go to be freed");
  const before = await lab.FinalReleases();
  const second = await place.create();
  assert.equal(await lab.Living(), 2);
  second.AddRef();
  second.Release();
  assert.equal(await second.Add(1, 1), 2);
  second.Release();
  await until(async () => (await lab.Living()) === 1, "the object to be freed");
  assert.equal(await lab.FinalReleases(), before + 1, "its final release ran once");
  await assert.rejects(async () => second.Add(1, 1), { code: HResult.CO_E_OBJNOTCONNECTED });
}

async function useFrom(distance: Distance): Promise<void> {
  let pid: number;
  {
    await using place = await distance.open();
    pid = await useIt(place, distance);
  }
  if (!distance.here) await until(() => !runs(pid), "the server to end by itself");
}

// A client that makes its thread a single-threaded apartment does so for everybody on it.
const alone = (distance: Distance): boolean => distance.name === "another thread";

describe("the same lines over every distance", { concurrency: true }, () => {
  for (const distance of distances) if (!alone(distance)) test(distance.name, () => useFrom(distance));
});

describe("the same lines between threads", () => {
  for (const distance of distances) if (alone(distance)) test(distance.name, () => useFrom(distance));
});
