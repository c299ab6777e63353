import assert from "node:assert/strict";
import { ComError } from "comity";

/** The HRESULT a call fails with; 0 when it does not. */
export async function codeOf(run: () => unknown): Promise<number> {
  try {
    await run();
    return 0;
  } catch (error) {
    assert.ok(error instanceof ComError, String(error));
    return error.code;
  }
}

export async function fails(code: number, run: () => unknown, what?: string): Promise<void> {
  const got = await codeOf(run);
  assert.equal(got, code, what ?? `0x${got.toString(16)} in place of 0x${code.toString(16)}`);
}
