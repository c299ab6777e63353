import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HResult, guid } from "../../base/index.ts";
import {
  ClassContext,
  IClassFactory,
  IClassFactory2,
  type IUnknown,
  defineClass,
  identityOf,
  implement,
  isSameObject,
  remoteObjectOf,
  withStatus,
} from "../index.ts";
import { Loopback } from "./loopback.ts";
import { IAdder, ICalculator, IHub, ISink } from "./sample.ts";
import { Calculator, Hub, literalSink, openRuntime, withCode } from "./support.ts";

implement(Calculator, ICalculator);

describe("proxies and stubs, through bytes", () => {
  it("call the object with the same lines of code", async () => {
    const wire = new Loopback();
    const object = new Calculator();
    {
      using calc = wire.proxy(object, ICalculator);
      assert.equal(await calc.Add(2, 40), 42);
      await assert.rejects(async () => calc.Later(-5), withCode(HResult.RPC_E_SERVERFAULT));
      await assert.rejects(async () => calc.Divide(1, 0), withCode(HResult.RPC_E_SERVERFAULT));
    }
    assert.equal(object.released, 1);
    assert.equal(wire.held, 0);
  });

  it("ask for further interfaces and keep the identity", async () => {
    const wire = new Loopback();
    const object = new Calculator();
    const calc = wire.proxy(object, ICalculator);
    const adder = await calc.QueryInterface(IAdder);
    assert.ok(isSameObject(calc, adder));
    assert.ok(!isSameObject(calc, object), "a proxy is not the object, though it leads there");
    await assert.rejects(async () => calc.QueryInterface(ISink), withCode(HResult.E_NOINTERFACE));
    calc.Release();
    assert.equal(object.released, 0);
    assert.equal(await adder.Add(1, 1), 2);
    adder.Release();
    assert.equal(object.released, 1);
    assert.throws(() => adder.Add(1, 1), /CO_E_OBJNOTCONNECTED.*IAdder/);
  });

  it("hold the object while a question for an interface is under way", async () => {
    const wire = new Loopback();
    const object = new Calculator();
    const calc = wire.proxy(object, ICalculator);
    const pending = calc.QueryInterface(IAdder);
    calc.Release();
    using adder = await pending;
    assert.equal(await adder.Add(2, 2), 4);
    assert.equal(object.released, 0);
  });

  it("carry interface pointers both ways and leave nothing behind", async () => {
    const wire = new Loopback();
    const values: number[] = [];
    const sink = literalSink(values);
    {
      using hub = wire.proxy(new Hub(), IHub);
      await hub.Attach(sink);
      assert.equal(await hub.Fire(7), 1);
      assert.equal(identityOf(sink).references, 1);
      using adder = await hub.GetAdder();
      assert.ok(remoteObjectOf(adder));
      assert.equal(await adder.Add(20, 3), 23);
      await hub.Detach();
      assert.equal(identityOf(sink).references, 0);
    }
    assert.deepEqual(values, [7]);
    assert.equal(wire.held, 0);
  });

  it("carry success codes", async () => {
    class Odd extends Calculator {
      override Add(): number {
        return withStatus(HResult.S_FALSE, 9);
      }
    }
    using calc = new Loopback().proxy(new Odd(), ICalculator);
    const status = { code: -1 };
    assert.equal(await calc.Add(0, 0, { status }), 9);
    assert.equal(status.code, HResult.S_FALSE);
  });

  it("have no stub for IUnknown's methods and beyond the last", () => {
    const stub = identityOf(new Calculator()).queryInterface(ICalculator.iid);
    assert.ok(stub);
    for (const opnum of [0, 1, 2, 6, 65_535]) {
      assert.equal(stub.codec(opnum), undefined);
      assert.throws(() => stub.invoke(opnum, []), withCode(HResult.RPC_S_PROCNUM_OUT_OF_RANGE));
    }
  });

  it("ask for a licence from elsewhere, and create with it", async () => {
    const CLSID = guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2f0003");
    const licensed = defineClass({ clsid: CLSID, interfaces: [ICalculator] }, Calculator, {
      license: { verified: () => true, requestKey: () => "ключ\0", accepts: (key) => key === "ключ\0" },
    });
    const wire = new Loopback();
    await using server = await openRuntime({ remoting: () => wire.remoting() });
    await using client = await openRuntime({ remoting: () => wire.remoting(), leaks: "throw" });
    await using _ = await server.registerClassObject(licensed);
    using factory = await client.getClassObject(CLSID, IClassFactory2, { machine: "elsewhere" });
    assert.deepEqual(await factory.GetLicInfo(), { cbLicInfo: 12, fRuntimeKeyAvail: 1, fLicVerified: 1 });
    const key = await factory.RequestLicKey(0);
    assert.equal(key, "ключ\0");
    using made = (await factory.CreateInstanceLic(IAdder.iid, key)) as IAdder & IUnknown;
    assert.equal(await made.Add(4, 4), 8);
    await assert.rejects(
      async () => factory.CreateInstanceLic(IAdder.iid, "guess"),
      withCode(HResult.CLASS_E_NOTLICENSED),
    );
  });
});

describe("activation beyond the process", () => {
  it("goes to the activator when the class is not here, with the same lines of code", async () => {
    const CLSID = guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2f0002");
    const definition = defineClass({ clsid: CLSID, interfaces: [ICalculator] }, Calculator);
    const wire = new Loopback();
    await using server = await openRuntime({ remoting: () => wire.remoting() });
    await using client = await openRuntime({ remoting: () => wire.remoting(), leaks: "throw" });
    const registration = await server.registerClassObject(definition, { suspended: true });
    await assert.rejects(client.createInstance(CLSID, IAdder), withCode(HResult.REGDB_E_CLASSNOTREG));
    await server.resumeClassObjects();
    {
      using far = await client.createInstance(CLSID, ICalculator);
      assert.ok(remoteObjectOf(far));
      assert.equal(await far.Add(1, 2), 3);
      using factory = await client.getClassObject(CLSID, IClassFactory, { machine: "elsewhere" });
      using made = (await factory.CreateInstance(IAdder.iid)) as IAdder & IUnknown;
      assert.equal(await made.Add(4, 4), 8);
      assert.equal(server.locks.count, 2);
    }
    assert.equal(server.locks.count, 0);
    await assert.rejects(
      client.createInstance(CLSID, IAdder, { context: ClassContext.INPROC_SERVER }),
      withCode(HResult.REGDB_E_CLASSNOTREG),
    );
    await registration.revoke();
    await assert.rejects(client.createInstance(CLSID, IAdder), withCode(HResult.REGDB_E_CLASSNOTREG));
  });
});
