import assert from "node:assert/strict";
import { ComError, HResult } from "comity";
import { ISupportErrorInfo } from "comity/com";
import { ISuiteLate, ISuiteMissing, SuiteLate } from "../gen/suites.js";
import { fails } from "./assertions.js";
import { type Ground, type Suite, suite } from "./suite.js";

async function errorOf(run: () => unknown): Promise<ComError> {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof ComError);
    return error;
  }
  return assert.fail("it did not fail");
}

export const errorInfoSuite: Suite = suite("IErrorInfo, ISupportErrorInfo", {
  async "an object says for which interfaces it has error information"({ create }: Ground) {
    using late = await create(SuiteLate);
    using support = await late.QueryInterface(ISupportErrorInfo);
    const status = { code: -1 };
    await support.InterfaceSupportsErrorInfo(ISuiteLate.iid, { status });
    assert.equal(status.code, HResult.S_OK);
    await support.InterfaceSupportsErrorInfo(ISuiteMissing.iid, { status });
    assert.equal(status.code, HResult.S_FALSE);
  },

  async "description, source and help arrive with the code"({ create }: Ground) {
    using late = await create(SuiteLate);
    const error = await errorOf(() => late.get_Item(9));
    assert.equal(error.code, 0x80040210);
    const { description, source, helpFile, helpContext } = error.info;
    assert.deepEqual(
      { description, source, helpFile, helpContext },
      { description: "there is no word 9", source: "Comity.Suite", helpFile: "words.chm", helpContext: 77 },
    );
  },

  async "each failure has its own; a success in between leaves nothing behind"({ create }: Ground) {
    using late = await create(SuiteLate);
    assert.equal((await errorOf(() => late.Fail(0x80040211 | 0, "one"))).info.description, "one");
    assert.equal(await late.get_Count(), 3);
    const [a, b] = await Promise.all([
      errorOf(() => late.Fail(0x80040212 | 0, "a")),
      errorOf(() => late.Fail(0x80040213 | 0, "b")),
    ]);
    assert.deepEqual(
      [a.code, a.info.description, b.code, b.info.description],
      [0x80040212, "a", 0x80040213, "b"],
    );
    await fails(HResult.E_INVALIDARG, () => late.Fail(HResult.E_INVALIDARG | 0, null));
  },
});
