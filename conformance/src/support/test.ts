import { type TestContext, test as nodeTest } from "node:test";
import { firstError } from "./first-error.js";

/** node:test's `test` for tests with `await using`: shows the first error. */
export function test(name: string, run: (context: TestContext) => Promise<void>): void {
  void nodeTest(name, (context) => firstError(() => run(context)));
}
