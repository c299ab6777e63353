// A process that listens to the shared ticker, until it is killed; see test/events.test.ts.
import { Runtime, advise } from "comity";
import { ISuiteEvents, SuiteShared } from "../gen/suites.js";
import { client } from "../support/machine.js";

const { LISTENER_HOME: home = "", LISTENER_MACHINE: machine } = process.env;

await using com = await Runtime.open({ home, credentials: client });
using ticker = await com.createInstance(
  SuiteShared,
  undefined,
  machine === undefined ? { context: 4 } : { machine },
);
await using _ = await advise(ticker, ISuiteEvents, {
  Ticked: (number) => {
    process.send?.(number);
  },
});
process.send?.("ready");
await new Promise((resolve) => process.once("disconnect", resolve));
