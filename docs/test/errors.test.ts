import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, HResult } from "comity";
import { codeSpans, readPage, tableRows } from "./support/markdown.ts";

test("docs/errors.md names fields and codes that exist", () => {
  const rows = tableRows(readPage("docs/errors.md").text);
  const error = new ComError(HResult.E_FAIL, "it failed", { cause: 1 });
  const fields = rows.flatMap(([first = ""]) => codeSpans(first));
  assert.ok(fields.length >= 8);
  assert.deepEqual(
    fields.filter((name) => !(name in error)),
    [],
  );
  const codes = rows.flatMap(([first = ""]) => (first.startsWith("`") ? [] : first.split(", ")));
  assert.ok(codes.length > 12);
  assert.deepEqual(
    codes.filter((name) => !(name in HResult)),
    [],
  );
});
