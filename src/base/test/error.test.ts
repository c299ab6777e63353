import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { ComError, HResult } from "../index.ts";

test("the message begins with the code, then what, which gate, and where", () => {
  const error = new ComError(HResult.E_ACCESSDENIED, "the launch was refused", {
    gate: "launch permission",
    where: "IFoo.Bar",
  });
  assert.equal(
    error.message,
    "E_ACCESSDENIED (0x80070005): the launch was refused [refused by: launch permission] (in IFoo.Bar)",
  );
  assert.equal(error.name, "ComError");
  assert.equal(error.code, 0x80070005);
  assert.equal(error.gate, "launch permission");
  assert.equal(error.remote, false);
  assert.match(
    new ComError(0x80040154).message,
    /^REGDB_E_CLASSNOTREG \(0x80040154\): the class is not registered/,
  );
  assert.match(new ComError(0x8004abcd, "mine").message, /^0x8004ABCD: mine$/);
  assert.equal(new ComError(-2147467259).code, 0x80004005);
});

test("error information travels along", () => {
  const error = new ComError(0x80020009, undefined, {
    description: "no paper",
    source: "Printer.1",
    helpFile: "p.chm",
    helpContext: 7,
  });
  assert.match(error.message, /no paper/);
  assert.deepEqual(error.info, {
    description: "no paper",
    source: "Printer.1",
    helpFile: "p.chm",
    helpContext: 7,
    iid: undefined,
  });
});

test("instanceof knows the brand of another copy of the class", () => {
  const other: unknown = runInNewContext(`({ [Symbol.for("comity.ComError")]: true, code: 5 })`);
  assert.ok(other instanceof ComError);
  assert.ok(!({} instanceof ComError));
  assert.ok(!(new Error("plain") instanceof ComError));
  class Special extends ComError {}
  assert.ok(new Special(1) instanceof ComError);
  assert.ok(!(new ComError(1) instanceof Special));
});

test("anything thrown becomes a ComError", () => {
  const known = new ComError(5);
  assert.equal(ComError.from(known), known);
  const refusal = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  assert.equal(ComError.from(refusal).code, HResult.RPC_S_SERVER_UNAVAILABLE);
  assert.equal(ComError.from(refusal).cause, refusal);
  assert.equal(ComError.from(new Error("boom")).code, HResult.E_FAIL);
  assert.equal(ComError.from(new Error("boom"), HResult.RPC_E_SERVERFAULT).code, HResult.RPC_E_SERVERFAULT);
  assert.equal(ComError.from("text").cause, "text");
  assert.equal(ComError.from(new DOMException("stop", "AbortError")).code, HResult.RPC_E_CALL_CANCELED);
  assert.equal(ComError.from(new DOMException("late", "TimeoutError")).code, HResult.RPC_E_TIMEOUT);
});
