import { setTimeout as delay } from "node:timers/promises";
import { type Guid, parseGuid } from "../../../base/index.ts";
import { connectScm } from "../../scm/connect.ts";
import { exporterStub, registration } from "../scm-support.ts";

// A local server as far as the SCM is concerned: joins, registers the class it was launched for, and answers activations with its process id.
const [behaviour = "serve"] = process.argv.slice(2);
const { COMITY_HOME: home = "", COMITY_CLSID: clsid = "", COMITY_LAUNCH: launchToken = "" } = process.env;

if (behaviour === "fail") {
  console.error("no such database");
  process.exit(3);
}
const client = await connectScm(home);
const session = await client.join(
  registration("plain server", { launchToken }),
  exporterStub({
    activate: async ({ iids }) => {
      if (behaviour === "slow") await delay(1000);
      return {
        interfaces: iids.map((iid: Guid) => ({
          iid,
          hresult: 0,
          objref: new TextEncoder().encode(String(process.pid)),
        })),
      };
    },
    shutdown: () => process.exit(0),
  }),
);
const uses = behaviour === "surrogate" ? "surrogate" : behaviour === "single" ? "single" : "multiple";
if (behaviour !== "silent") await session.registerClass({ clsid: parseGuid(clsid), uses, suspended: false });
await Promise.race([session.closed, delay(20_000)]);
process.exit(0);
