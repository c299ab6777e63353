import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, HResult } from "../../base/index.ts";
import { toldOf } from "../exporter/told-failure.ts";

test("a refusal that the object met elsewhere says so to its caller", () => {
  const options = { remote: true, where: "IRemUnknown.RemQueryInterface" };
  const { description } = toldOf(new ComError(HResult.E_ACCESSDENIED, "the wire says no", options));
  assert.match(description ?? "", /when it called IRemUnknown\.RemQueryInterface.*the wire says no$/);
});

test("what the object says itself, or passes on, stays as it is", () => {
  const own = new ComError(HResult.E_ACCESSDENIED, "not for you", { source: "Door.1" });
  assert.deepEqual(toldOf(own), { description: "not for you", source: "Door.1" });
  const other = new ComError(0x80040201, "by zero", { remote: true, where: "IFoo.Divide" });
  assert.deepEqual(toldOf(other), { description: "by zero" });
});
