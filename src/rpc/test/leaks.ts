import assert from "node:assert/strict";
import type { RpcServer } from "../index.ts";

/** After a test's clients have closed: no connection and no association group is left; then the server is closed. */
export async function assertNothingLeft(server: RpcServer): Promise<void> {
  for (let i = 0; i < 200 && server.connections > 0; i++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(server.connections, 0);
  assert.equal(server.groups.size, 0);
  await server.close();
}
