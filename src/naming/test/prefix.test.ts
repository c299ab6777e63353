import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ComError, type Guid, HResult, guid } from "../../base/index.ts";
import { IPersist } from "../../com/gen/objidl.ts";
import {
  ClassContext,
  IClassFactory,
  IUnknown,
  type Runtime,
  defineClass,
  implement,
} from "../../com/index.ts";
import { bindMoniker, namingOf, parseDisplayName } from "../index.ts";
import { openRuntime } from "./support.ts";

/* Sessions, raised rights and partitions: bound where this process is there already. */

let com: Runtime;
class Thing {
  GetClassID(): Guid {
    return "6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0201" as Guid;
  }
}
implement(Thing, IPersist);
const thing = defineClass({ clsid: guid("6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0201") }, Thing);

before(async () => {
  com = await openRuntime();
  await com.registerClassObject(thing, { context: ClassContext.INPROC_SERVER });
});
after(() => com.close());

const made = `new:{${thing.clsid}}`;

test("the machine's one session", async () => {
  for (const name of ["Session:1!", "session:Console!"]) {
    using object = await bindMoniker(com, name + made, IUnknown);
    assert.ok(object);
    using factory = await bindMoniker(com, `${name}clsid:${thing.clsid}:`, IClassFactory);
    using another = await factory.CreateInstance(IUnknown.iid);
    assert.ok(another);
  }
  for (const number of ["0", "2", "4294967295"])
    await assert.rejects(bindMoniker(com, `Session:${number}!${made}`, IUnknown), {
      code: 0x80071b6e,
      gate: "session",
    });
  await assert.rejects(
    bindMoniker(com, `Session:1!${made}`, IUnknown, { server: { machine: "elsewhere" } }),
    {
      gate: "session",
    },
  );
  for (const wrong of ["Session:one!", "Session:!", "Session:-1!", "Session:12345678901!"])
    await assert.rejects(parseDisplayName(com, wrong + made), { code: HResult.MK_E_SYNTAX });
});

test("raised rights: those the process has", async () => {
  const naming = namingOf(com);
  const { elevated } = naming;
  naming.elevated = () => false;
  await assert.rejects(bindMoniker(com, `Elevation:Administrator!${made}`, IUnknown), {
    code: HResult.CO_E_ELEVATION_DISABLED,
    gate: "elevation",
  });
  {
    using highest = await bindMoniker(com, `Elevation:Highest!${made}`, IUnknown);
    assert.ok(highest);
  }
  // Several beginnings: each is asked.
  await assert.rejects(bindMoniker(com, `Elevation:Administrator!Session:1!${made}`, IUnknown), {
    gate: "elevation",
  });
  await assert.rejects(bindMoniker(com, `Session:7!Elevation:Highest!${made}`, IUnknown), {
    gate: "session",
  });
  naming.elevated = () => true;
  {
    using raised = await bindMoniker(com, `Elevation:Administrator!${made}`, IUnknown);
    assert.ok(raised);
  }
  await assert.rejects(
    bindMoniker(com, `Elevation:Administrator!${made}`, IUnknown, { server: { machine: "elsewhere" } }),
    (error: ComError) => error.gate === "elevation" && /another machine/.test(error.message),
  );
  naming.elevated = elevated;
  assert.equal(naming.elevated(), process.geteuid?.() === 0);
  await assert.rejects(parseDisplayName(com, `Elevation:Nobody!${made}`), { code: HResult.MK_E_SYNTAX });
});

test("partitions and SOAP", async () => {
  using object = await bindMoniker(com, `partition:{41E90F3E-56C1-4633-81C3-6E8BAC8BDD70}/${made}`, IUnknown);
  assert.ok(object);
  await assert.rejects(bindMoniker(com, `partition:{${thing.clsid}}/${made}`, IUnknown), {
    code: HResult.E_NOTIMPL,
  });
  await assert.rejects(bindMoniker(com, "soap:wsdl=http://127.0.0.1/a", IUnknown), {
    code: HResult.E_NOTIMPL,
  });
  await assert.rejects(bindMoniker(com, `queue:Label=x/${made}`, IUnknown), { code: HResult.E_NOTIMPL });
});
