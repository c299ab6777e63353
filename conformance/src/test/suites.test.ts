import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { suites } from "../suites/index.js";
import { distances } from "../support/distances.js";
import { firstError } from "../support/first-error.js";

/** Each distance is opened once for all suites; closing it asserts that they left nothing behind. */
describe("one text over every distance", () => {
  for (const distance of distances) {
    void test(distance.name, async (context) => {
      await firstError(async () => {
        await using place = await distance.open();
        // A class object does not hold its server: without an object there would be a new one for every test.
        using keeper = await place.create();
        assert.ok((await keeper.ProcessId()) > 0);
        for (const { name, tests } of suites) {
          for (const [what, run] of Object.entries(tests)) {
            await context.test(`${name}: ${what}`, () => firstError(() => run(place.ground)));
          }
        }
      });
    });
  }
});
