/*
 * smbtorture (Samba's own tests) against our resolver, activator and RPC server: rpc.oxidresolve, rpc.remact, rpc.objectuuid.
 *
 * Three of its tests hold against no conforming server, and for them it is proven that the answer is the specified one:
 * - SimplePing pings a set that nobody made and wants it to be there; [MS-DCOM] 3.1.2.5.1.2 answers OR_INVALID_SET.
 * - ComplexPing sends its two arrays without the pointers that the IDL of [MS-DCOM] 6 gives them; that is a fault.
 * - Every test that activates aborts while it reads an interface pointer (it gives its decoder an array on the stack). So the class it
 *   activates is served here by a process that answers with an OXID and without a pointer; the rest of the answer is read and used.
 *
 *   node interop/smbtorture.mjs
 */
import { AuthnLevel } from "../dist/auth/index.js";
import { RpcServer, tcpTransport } from "../dist/rpc/index.js";
import { mechanismsOf } from "./sample/calculator.mjs";
import { Checks, run } from "./sample/checks.mjs";
import { account, withMachine } from "./sample/machine.mjs";

const { output: version } = await run("smbtorture", ["--version"]);
if (!/\d+\.\d+/.test(version)) {
  console.error("smbtorture (samba-testsuite) is not installed: nothing can be proven");
  process.exit(1);
}
const checks = new Checks();

async function torture(address, port, name) {
  const user = `${account.user}%${account.password}`;
  const { code, output } = await run("smbtorture", [`ncacn_ip_tcp:${address}[${port}]`, "-U", user, name]);
  const text = output.replaceAll(/^time: .*\n/gm, "");
  return { code, output: text, passed: code === 0 && /^success: /m.test(text) };
}

/** The class that smbtorture activates, served by a process that hands out no pointer. */
async function serveWithoutPointer(machine) {
  const { scm } = machine;
  const session = await scm.machine.join(
    {
      pid: process.pid,
      name: "a server without pointers",
      bindings: {
        strings: [{ tower: 7, address: `${machine.address}[4711]` }],
        security: [{ service: 10, principal: "" }],
      },
      ipidRemUnknown: "11111111-2222-3333-4444-555555555555",
      authenticationHint: 5,
      version: { major: 5, minor: 7 },
    },
    {
      rundown: () => undefined,
      activate: async ({ iids }) => ({ interfaces: iids.map((iid) => ({ iid, hresult: 0 })) }),
      describe: async () => ({ objects: [], connections: 0, calls: 0 }),
      shutdown: () => undefined,
    },
  );
  await session.registerClass({
    clsid: "02b01c80-e03d-101a-b294-00dd010f2bf9",
    uses: "multiple",
    suspended: false,
  });
}

await withMachine({ address: "127.0.0.1" }, async (machine) => {
  await serveWithoutPointer(machine);
  const { address, port } = machine;
  const passes = async (name, what) => {
    const { passed, output } = await torture(address, port, name);
    checks.that(passed, `${name}: ${what}`, output);
  };
  const answers = async (name, pattern, what) => {
    const { output } = await torture(address, port, name);
    checks.that(pattern.test(output), `${name}: ${what}`, output);
  };
  const resolver = "rpc.oxidresolve.oxidresolver";
  await passes(`${resolver}.ServerAlive`, "answered");
  await passes(`${resolver}.ServerAlive2`, "version and bindings are read");
  await passes("rpc.remact", "RemoteActivation answers OXID, bindings, IPID and version");
  await passes(`${resolver}.ResolveOxid`, "the OXID of an activation resolves");
  await passes(`${resolver}.ResolveOxid2`, "the same with the version");
  await answers(`${resolver}.SimplePing`, /WERR_OR_INVALID_SET/, "a set that nobody made is OR_INVALID_SET");
  await answers(`${resolver}.ComplexPing`, /BAD_STUB_DATA|0xc00006c/i, "arrays without pointers are a fault");
});

/** Two well-known interfaces with one method each, to be called with object UUIDs: DsRoleGetPrimaryDomainInformation and LsarGetUserName. */
async function withObjects(work) {
  await withMachine({ address: "127.0.0.1" }, async (machine) => {
    const server = new RpcServer({
      mechanisms: mechanismsOf(machine.home, "COMITY"),
      minimumLevel: AuthnLevel.none,
    });
    const objects = [];
    const serve = (uuid, opnum, length) =>
      server.register(
        { uuid, version: [0, 0] },
        {
          dispatch(call) {
            if (call.opnum !== opnum) return call.fault(0x1c010002);
            if (call.object !== undefined) objects.push(Buffer.from(call.object).toString("hex"));
            call.beginResponse().zeros(length); // null pointers, then success
            call.endResponse();
          },
        },
      );
    serve("3919286a-b10c-11d0-9ba8-00c04fd92ef5", 0, 8);
    serve("12345778-1234-abcd-ef00-0123456789ab", 45, 12);
    const { endpoint } = await server.listen(tcpTransport, { host: machine.address });
    try {
      await work(machine.address, endpoint, objects);
    } finally {
      await server.close();
    }
  });
}

await withObjects(async (address, port, objects) => {
  const { passed, output } = await torture(address, port, "rpc.objectuuid");
  checks.that(passed, "rpc.objectuuid: calls with random object UUIDs are served", output);
  checks.that(objects.length >= 2, `the object UUIDs arrived: ${objects.join(", ")}`, output);
});
process.exit(checks.finish());
