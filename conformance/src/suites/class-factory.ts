import assert from "node:assert/strict";
import { HResult, IClassFactory, isSameObject } from "comity";
import { IClassFactory2 } from "comity/com";
import { ISuiteBase, ISuiteDerived, ISuiteMissing, SuiteLicensed, SuitePlain } from "../gen/suites.js";
import { fails } from "./assertions.js";
import { licenseKey } from "./classes.js";
import { type Ground, type Suite, suite } from "./suite.js";

export const classFactorySuite: Suite = suite("IClassFactory", {
  async "makes a new object at each call, by any of its interfaces"({ classObject }: Ground) {
    using factory = await classObject(SuitePlain);
    using a = await factory.CreateInstance(ISuiteBase.iid);
    using b = await factory.CreateInstance(ISuiteDerived.iid);
    assert.ok(a !== null && b !== null && !isSameObject(a, b));
    using derived = await b.QueryInterface(ISuiteDerived);
    assert.equal(await derived.Twice(), 42);
  },

  async "refuses an interface the class does not have"({ classObject }: Ground) {
    using factory = await classObject(SuitePlain);
    await fails(HResult.E_NOINTERFACE, () => factory.CreateInstance(ISuiteMissing.iid));
    using after = await factory.CreateInstance(ISuiteBase.iid);
    assert.ok(after !== null);
  },

  async "is an object of its own that answers for IClassFactory"({ classObject }: Ground) {
    using factory = await classObject(SuitePlain, IClassFactory);
    await fails(HResult.E_NOINTERFACE, () => factory.QueryInterface(ISuiteBase));
    using made = await factory.CreateInstance(ISuiteBase.iid);
    assert.ok(made !== null && !isSameObject(made, factory));
  },

  async "locks and unlocks its server"({ classObject }: Ground) {
    using factory = await classObject(SuitePlain);
    await factory.LockServer(1);
    await factory.LockServer(1);
    await factory.LockServer(0);
    await factory.LockServer(0);
    using made = await factory.CreateInstance(ISuiteBase.iid);
    assert.ok(made !== null);
  },
});

export const classFactory2Suite: Suite = suite("IClassFactory2", {
  async "tells of its licence"({ classObject }: Ground) {
    using factory = await classObject(SuiteLicensed, IClassFactory2);
    const info = await factory.GetLicInfo();
    assert.equal(info.cbLicInfo, 12);
    assert.notEqual(info.fRuntimeKeyAvail, 0);
    assert.equal(info.fLicVerified, 0);
  },

  async "makes objects with the key, and not without"({ classObject }: Ground) {
    using factory = await classObject(SuiteLicensed, IClassFactory2);
    await fails(HResult.CLASS_E_NOTLICENSED, () => factory.CreateInstance(ISuiteBase.iid));
    await fails(HResult.CLASS_E_NOTLICENSED, () => factory.CreateInstanceLic(ISuiteBase.iid, "wrong"));
    await fails(HResult.CLASS_E_NOTLICENSED, () => factory.RequestLicKey(0), "no key where no licence is");
    using made = await factory.CreateInstanceLic(ISuiteBase.iid, licenseKey);
    using base = await made?.QueryInterface(ISuiteBase);
    assert.equal(await base?.Number(), 7);
  },

  async "is not there for classes that want none"({ classObject }: Ground) {
    using factory = await classObject(SuitePlain);
    await fails(HResult.E_NOINTERFACE, () => factory.QueryInterface(IClassFactory2));
  },
});
