import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { HResult, guid } from "../../base/index.ts";
import { defineCoclass } from "../../ndr/index.ts";
import {
  ClassContext,
  IClassFactory,
  IClassFactory2,
  ISupportErrorInfo,
  IUnknown,
  defineClass,
  defineModule,
  homeFolder,
  identityOf,
  isSameObject,
} from "../index.ts";
import { IAdder, ICalculator, ISink } from "./sample.ts";
import { Calculator, openRuntime, withCode } from "./support.ts";

const CLSID = guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2f0001");
const CalculatorClass = defineCoclass<ICalculator>({
  name: "Calculator",
  clsid: CLSID,
  progId: "Comity.Calculator.1",
  interfaces: [ICalculator],
});
const definition = defineClass(CalculatorClass, Calculator);

describe("classes within the process", () => {
  it("creates objects of a registered class, typed by its coclass", async () => {
    await using com = await openRuntime({ leaks: "throw" });
    await using _ = await com.registerClassObject(definition);
    using calc = await com.createInstance(CalculatorClass);
    assert.equal(await calc.Add(2, 40), 42);
    using adder = await com.createInstance(CLSID, IAdder);
    assert.equal(await adder.Add(1, 1), 2);
    assert.ok(!isSameObject(calc, adder));
  });

  it("says that a class is not registered, and revokes", async () => {
    await using com = await openRuntime();
    const registration = await com.registerClassObject(definition);
    await registration.revoke();
    await assert.rejects(com.createInstance(CLSID, IAdder), withCode(HResult.REGDB_E_CLASSNOTREG));
    await assert.rejects(registration.revoke(), withCode(HResult.CO_E_OBJNOTREG));
    await assert.rejects(com.createInstance("No.Such.Class", IAdder), withCode(HResult.CO_E_CLASSSTRING));
  });

  it("answers several interfaces of one object at once", async () => {
    await using com = await openRuntime({ leaks: "throw" });
    await using _ = await com.registerClassObject(definition);
    const [calc, sink, unknown] = await com.createInstanceEx(CalculatorClass, [ICalculator, ISink, IUnknown]);
    assert.equal(calc.pointer?.Add(1, 2), 3);
    assert.equal(sink.hresult, HResult.E_NOINTERFACE);
    assert.equal(sink.pointer, undefined);
    assert.ok(calc.pointer && unknown.pointer && isSameObject(calc.pointer, unknown.pointer));
    calc.pointer.Release();
    unknown.pointer.Release();
    await assert.rejects(com.createInstanceEx(CalculatorClass, [ISink]), withCode(HResult.E_NOINTERFACE));
  });

  it("ends an object that lacks the interface asked for", async () => {
    const made: Calculator[] = [];
    const counted = defineClass({ clsid: CLSID, interfaces: [ICalculator] }, Calculator, {
      create: () => {
        const object = new Calculator();
        made.push(object);
        return object;
      },
    });
    await using com = await openRuntime();
    await using _ = await com.registerClassObject(counted);
    await assert.rejects(com.createInstance(CLSID, ISink), withCode(HResult.E_NOINTERFACE));
    assert.equal(made[0]?.released, 1);
    assert.equal(com.locks.count, 0);
  });

  it("hands out class objects, and locks count", async () => {
    await using com = await openRuntime({ leaks: "throw" });
    await using _ = await com.registerClassObject(definition);
    using factory = await com.getClassObject(CLSID);
    using object = await factory.CreateInstance(IAdder.iid);
    assert.ok(object);
    assert.equal(com.locks.count, 1);
    await factory.LockServer(1);
    assert.equal(com.locks.count, 2);
    object.Release();
    await factory.LockServer(0);
    assert.equal(com.locks.count, 0);
    assert.throws(() => factory.QueryInterface(IClassFactory2), withCode(HResult.E_NOINTERFACE));
  });

  it("serves one activation only with single use", async () => {
    await using com = await openRuntime();
    await com.registerClassObject(definition, { uses: "single" });
    using calc = await com.createInstance(CalculatorClass);
    assert.ok(calc);
    await assert.rejects(com.createInstance(CalculatorClass), withCode(HResult.REGDB_E_CLASSNOTREG));
  });

  it("keeps suspended classes hidden until they are resumed", async () => {
    await using com = await openRuntime();
    await com.registerClassObject(definition, { suspended: true });
    await assert.rejects(com.createInstance(CalculatorClass), withCode(HResult.REGDB_E_CLASSNOTREG));
    await com.resumeClassObjects();
    using calc = await com.createInstance(CalculatorClass);
    assert.ok(calc);
    await com.suspendClassObjects();
    await assert.rejects(com.createInstance(CalculatorClass), withCode(HResult.REGDB_E_CLASSNOTREG));
  });

  it("finds a class object where its context and use say", async () => {
    const { INPROC_SERVER, LOCAL_SERVER } = ClassContext;
    const refused = [
      { uses: "single", context: INPROC_SERVER },
      { uses: "single", context: INPROC_SERVER | LOCAL_SERVER },
      { uses: "multiple", context: ClassContext.REMOTE_SERVER },
    ] as const;
    const found = [
      { uses: "multiple", context: INPROC_SERVER, inProcess: true },
      { uses: "multiple", context: LOCAL_SERVER, inProcess: true },
      { uses: "multiSeparate", context: INPROC_SERVER, inProcess: true },
      { uses: "multiSeparate", context: LOCAL_SERVER, inProcess: false },
      { uses: "multiSeparate", context: INPROC_SERVER | LOCAL_SERVER, inProcess: true },
      { uses: "single", context: LOCAL_SERVER, inProcess: false },
    ] as const;
    await using com = await openRuntime();
    for (const options of refused)
      await assert.rejects(com.registerClassObject(definition, options), withCode(HResult.E_INVALIDARG));
    for (const { inProcess, ...options } of found) {
      await using _ = await com.registerClassObject(definition, options);
      const made = com.createInstance(CLSID, IAdder, { context: INPROC_SERVER });
      if (!inProcess) await assert.rejects(made, withCode(HResult.REGDB_E_CLASSNOTREG));
      else (await made).Release();
    }
  });

  it("respects the class context", async () => {
    await using com = await openRuntime();
    await using _ = await com.registerClassObject(definition, {
      context: ClassContext.LOCAL_SERVER,
      uses: "multiSeparate",
    });
    await assert.rejects(
      com.createInstance(CLSID, IAdder, { context: ClassContext.INPROC_SERVER }),
      withCode(HResult.REGDB_E_CLASSNOTREG),
    );
    await assert.rejects(
      com.createInstance(CLSID, IAdder, { machine: "elsewhere" }),
      /REGDB_E_CLASSNOTREG.*machine elsewhere/,
    );
  });

  it("answers the same object for a singleton while it lives", async () => {
    const single = defineClass({ clsid: CLSID, interfaces: [ICalculator] }, Calculator, { singleton: true });
    await using com = await openRuntime();
    await using _ = await com.registerClassObject(single);
    using a = await com.createInstance(CLSID, IAdder);
    using b = await com.createInstance(CLSID, ICalculator);
    assert.ok(isSameObject(a, b));
    a.Release();
    b.Release();
    using c = await com.createInstance(CLSID, IAdder);
    assert.ok(await c.Add(1, 1));
  });

  it("wants a licence where the class does", async () => {
    let verified = false;
    const licensed = defineClass({ clsid: CLSID, interfaces: [ICalculator] }, Calculator, {
      license: { verified: () => verified, requestKey: () => "key", accepts: (key) => key === "key" },
    });
    await using com = await openRuntime();
    await using _ = await com.registerClassObject(licensed);
    await assert.rejects(com.createInstance(CLSID, IAdder), withCode(HResult.CLASS_E_NOTLICENSED));
    using factory = await com.getClassObject(CLSID, IClassFactory2);
    assert.throws(() => factory.RequestLicKey(0), withCode(HResult.CLASS_E_NOTLICENSED));
    assert.throws(
      () => factory.CreateInstanceLic(IAdder.iid, "guess"),
      withCode(HResult.CLASS_E_NOTLICENSED),
    );
    using object = await factory.CreateInstanceLic(IAdder.iid, "key");
    assert.ok(object);
    verified = true;
    assert.equal(await factory.RequestLicKey(0), "key");
    assert.deepEqual(await factory.GetLicInfo(), { cbLicInfo: 12, fRuntimeKeyAvail: 1, fLicVerified: 1 });
    using plain = factory.QueryInterface(IClassFactory) as IClassFactory;
    using other = await plain.CreateInstance(IAdder.iid);
    assert.ok(other);
  });

  it("refuses aggregation unless the class allows it", async () => {
    await using com = await openRuntime();
    const closed = defineModule({ classes: [definition] });
    const outer = identityOf({ OnValue() {} });
    assert.throws(
      () => closed.classObject(definition, com).createAggregated(outer, [ICalculator]),
      withCode(HResult.CLASS_E_NOAGGREGATION),
    );
    const open = defineClass({ clsid: CLSID, interfaces: [ICalculator] }, Calculator, { aggregatable: true });
    await defineModule({ classes: [open] })
      .classObject(open, com)
      .createAggregated(outer, [ICalculator]);
    assert.ok(outer.facet(IAdder.iid));
  });

  it("takes class objects of one's own", async () => {
    await using com = await openRuntime();
    const made: string[] = [];
    const factory = {
      CreateInstance(riid: string): object {
        made.push(riid);
        return new Calculator();
      },
      LockServer(): void {},
    };
    await using _ = await com.registerClassObject({ clsid: CLSID, factory });
    using calc = await com.createInstance(CLSID, ICalculator);
    assert.equal(await calc.Add(3, 4), 7);
    assert.deepEqual(made, [ICalculator.iid]);
  });

  it("counts reasons to stay; without one the classes are suspended", async () => {
    await using com = await openRuntime();
    await com.registerClassObject(definition);
    assert.equal(com.addRefServerProcess(), 1);
    assert.equal(com.addRefServerProcess(), 2);
    assert.equal(com.releaseServerProcess(), 1);
    using calc = await com.createInstance(CalculatorClass);
    calc.Release();
    assert.equal(com.releaseServerProcess(), 0);
    await assert.rejects(com.createInstance(CalculatorClass), withCode(HResult.REGDB_E_CLASSNOTREG));
  });

  it("frees a hundred thousand objects as they are released", async () => {
    await using com = await openRuntime();
    await using _ = await com.registerClassObject(definition);
    using factory = await com.getClassObject(CLSID);
    const held: IUnknown[] = [];
    for (let i = 0; i < 100_000; i++) held.push((await factory.CreateInstance(IAdder.iid)) as IUnknown);
    assert.equal(com.locks.count, 100_000);
    for (const one of held) one.Release();
    assert.equal(com.locks.count, 0);
  });

  it("keeps its state where it is told to", () => {
    assert.equal(homeFolder("/tmp/x"), resolve("/tmp/x"));
    assert.equal(homeFolder(undefined, { COMITY_HOME: "/tmp/y" }), resolve("/tmp/y"));
    const fallback = homeFolder(undefined, {
      COMITY_HOME: "",
      XDG_DATA_HOME: "/data",
      LOCALAPPDATA: "/data",
    });
    assert.match(fallback, /comity$/);
  });

  it("provides interfaces the object does not write itself", async () => {
    await using com = await openRuntime();
    using calc = com.pointerTo(new Calculator(), ICalculator);
    using errors = calc.QueryInterface(ISupportErrorInfo) as ISupportErrorInfo;
    const status = { code: -1 };
    await errors.InterfaceSupportsErrorInfo(IAdder.iid, { status });
    assert.equal(status.code, HResult.S_OK);
    await errors.InterfaceSupportsErrorInfo(ISink.iid, { status });
    assert.equal(status.code, HResult.S_FALSE);
    using back = errors.QueryInterface(IAdder) as IAdder;
    assert.ok(isSameObject(back, calc));
  });

  it("is of no use once closed", async () => {
    const com = await openRuntime();
    await com.close();
    await com.close();
    await assert.rejects(com.createInstance(CLSID, IAdder), withCode(HResult.CO_E_NOTINITIALIZED));
  });
});
