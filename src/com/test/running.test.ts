import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, HResult } from "../../base/index.ts";
import { IRunnableObject } from "../gen/objidl.ts";
import {
  IUnknown,
  Synchronize,
  oleIsRunning,
  oleLockRunning,
  oleRun,
  oleSetContainedObject,
  pointerTo,
  withStatus,
} from "../index.ts";
import { Loopback } from "./loopback.ts";

class Document {
  static readonly interfaces: readonly (typeof IRunnableObject)[] = [IRunnableObject];
  readonly asked: unknown[] = [];
  running = false;
  Run(): void {
    this.asked.push("run");
    this.running = true;
  }
  IsRunning(): undefined {
    return withStatus(this.running ? HResult.S_OK : HResult.S_FALSE, undefined);
  }
  LockRunning(lock: number, closes: number): void {
    this.asked.push(["lock", lock, closes]);
  }
  SetContainedObject(contained: number): void {
    if (contained === 0) throw new ComError(HResult.E_NOTIMPL, "once contained, always contained");
    this.asked.push("contained");
  }
}

test("an object with IRunnableObject is run, asked and locked", async () => {
  await checkRunning((document) => pointerTo(document, IUnknown));
});

test("also from another apartment", async () => {
  const loopback = new Loopback();
  await checkRunning((document) => {
    using near = pointerTo(document, IUnknown);
    return loopback.unmarshal(IUnknown.iid, loopback.marshal(IUnknown.iid, near));
  });
});

async function checkRunning(hand: (document: Document) => IUnknown): Promise<void> {
  const document = new Document();
  using object = hand(document);
  assert.equal(await oleIsRunning(object), false);
  await oleRun(object);
  assert.equal(await oleIsRunning(object), true);
  await oleLockRunning(object, true, false);
  await oleSetContainedObject(object, true);
  await assert.rejects(oleSetContainedObject(object, false), { code: HResult.E_NOTIMPL });
  assert.deepEqual(document.asked, ["run", ["lock", 1, 0], "contained"]);
}

test("one without runs always", async () => {
  using object = pointerTo(new Synchronize(), IUnknown);
  await oleRun(object);
  await oleLockRunning(object, true, true);
  assert.equal(await oleIsRunning(object), true);
});
