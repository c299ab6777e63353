import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter, guid } from "../../base/index.ts";
import { contextExtent } from "../../dcom/orpc/context-extent.ts";
import { writeOrpcThat } from "../../dcom/orpc/orpc-that.ts";
import { readOrpcThatJson } from "../body/orpc.ts";

test("properties of a context are listed; broken ones say what is wrong", () => {
  const policy = guid("11111111-2222-3333-4444-555555555555");
  const extent = contextExtent({ entries: [{ policy, data: Uint8Array.of(1, 2, 3, 4) }], hresult: 1 });
  const broken = { id: extent.id, data: extent.data.slice().fill(0, 0, 4) };
  const writer = new ByteWriter();
  writeOrpcThat(writer, [extent, broken]);
  const { extents } = readOrpcThatJson(new ByteReader(writer.finish())) as {
    extents: { name: string; context: { properties?: unknown; hresult?: number; wrong?: string } }[];
  };
  assert.deepEqual(
    extents.map(({ name }) => name),
    ["context", "context"],
  );
  assert.deepEqual(extents[0]?.context, { hresult: 1, properties: [{ policy, bytes: 8 }] });
  assert.match(extents[1]?.context.wrong ?? "", /starts with KUNA/);
});
