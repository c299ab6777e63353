import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter, ComError, HResult, fromHex, guid } from "../../base/index.ts";
import { CLSID_ComponentCategoriesManager, type ClassKeys, formatSddl } from "../../com/index.ts";
import { permits } from "../scm/access.ts";
import { registryCatalog } from "../scm/registry-catalog.ts";
import { getSystemSecurityPermissions } from "../scm/system-permissions.ts";
import { readSecurityDescriptor } from "../scm/security-descriptor.ts";

const clsid = guid("c0a1e5ce-0000-4000-8000-000000000001");
const other = guid("c0a1e5ce-0000-4000-8000-000000000002");
const key = String.raw`HKCR\CLSID\{C0A1E5CE-0000-4000-8000-000000000001}`;
const otherKey = String.raw`HKCR\CLSID\{C0A1E5CE-0000-4000-8000-000000000002}`;
const app = String.raw`HKCR\AppID\{C0A1E5CE-0000-4000-8000-00000000000A}`;
const ole = String.raw`HKLM\SOFTWARE\Microsoft\Ole`;

/** A registry of texts, numbers, lists and bytes, by `key!name`. */
function registry(values: Record<string, string | number | string[] | Uint8Array>): ClassKeys {
  const table = new Map(Object.entries(values).map(([path, value]) => [path.toUpperCase(), value]));
  const at = (path: string, name = "") => table.get(`${path}!${name}`.toUpperCase());
  return {
    text: (path, name) => {
      const value = at(path, name);
      return typeof value === "string" ? value : undefined;
    },
    number: (path, name) => {
      const value = at(path, name);
      return typeof value === "number" ? value : undefined;
    },
    value: (path, name) => {
      const value = at(path, name);
      if (value instanceof Uint8Array) return { type: 3, data: value };
      if (!Array.isArray(value)) return undefined;
      const writer = new ByteWriter();
      writer.utf16(value.map((line) => `${line}\0`).join("") + "\0");
      return { type: 7, data: writer.finish() };
    },
    exists: (path) => [...table.keys()].some((known) => known.startsWith(path.toUpperCase())),
  };
}

test("a class with an AppID is read from where Windows keeps it", () => {
  const catalog = registryCatalog(
    registry({
      [`${key}!`]: "Comity Calculator",
      [`${key}!AppID`]: "{c0a1e5ce-0000-4000-8000-00000000000a}",
      [String.raw`${key}\ProgID!`]: "Comity.Calculator.1",
      [String.raw`${key}\LocalServer32!`]: "/opt/calculator.js",
      [`${app}!DllSurrogate`]: "",
      [`${app}!RemoteServerName`]: "plc-7",
      [`${app}!AuthenticationLevel`]: 6,
      [`${app}!LaunchPermission`]: ["allow ann", "deny bob"],
      [`${ole}!EnableDCOM`]: "N",
      [`${ole}!PingPeriod`]: 1000,
      [`${ole}!DefaultAccessPermission`]: ["allow *"],
    }),
  );
  const found = catalog.find(clsid);
  assert.equal(found?.name, "Comity.Calculator.1");
  assert.equal(found?.localServer, "/opt/calculator.js");
  assert.equal(found?.surrogate, "");
  assert.equal(found?.remoteServerName, "plc-7");
  assert.equal(found?.authenticationLevel, 6);
  assert.deepEqual(found?.launchPermission?.entries, [
    { allow: true, account: "ann" },
    { allow: false, account: "bob" },
  ]);
  assert.equal(found?.accessPermission, undefined);
  assert.deepEqual(catalog.defaults().access?.entries, [{ allow: true, account: "*" }]);
  assert.deepEqual(catalog.settings(), { enableDcom: false, pingPeriod: 1000 });
  assert.equal(catalog.find(other), undefined);
});

test("TreatAs is followed, and a circle is an error", () => {
  const leads = registryCatalog(
    registry({
      [String.raw`${key}\TreatAs!`]: "{c0a1e5ce-0000-4000-8000-000000000002}",
      [String.raw`${otherKey}\LocalServer32!`]: "newer.js",
    }),
  );
  assert.equal(leads.find(clsid)?.clsid, other);
  assert.equal(leads.find(clsid)?.localServer, "newer.js");
  const circle = registryCatalog(
    registry({
      [String.raw`${key}\TreatAs!`]: `{${other}}`,
      [String.raw`${otherKey}\TreatAs!`]: `{${clsid}}`,
    }),
  );
  assert.throws(() => circle.find(clsid), ComError);
});

test("a class of the system has a server where its AppID names a surrogate, and only there", () => {
  const manager = String.raw`HKCR\CLSID\{0002E005-0000-0000-C000-000000000046}`;
  const keys = {
    [`${manager}!AppID`]: "{c0a1e5ce-0000-4000-8000-00000000000a}",
    [`${app}!AuthenticationLevel`]: 6,
  };
  const catalog = registryCatalog(registry(keys));
  assert.equal(catalog.find(CLSID_ComponentCategoriesManager)?.inprocServer, undefined);
  const served = registryCatalog(registry({ ...keys, [`${app}!DllSurrogate`]: "" }));
  assert.notEqual(served.find(CLSID_ComponentCategoriesManager)?.inprocServer, undefined);
});

test("LocalService runs the service's program with ServiceParameters", () => {
  const catalog = registryCatalog(
    registry({
      [`${key}!AppID`]: "{c0a1e5ce-0000-4000-8000-00000000000a}",
      [`${app}!LocalService`]: "calc",
      [`${app}!ServiceParameters`]: "-fast",
      [String.raw`HKLM\SYSTEM\CurrentControlSet\Services\calc!ImagePath`]: "/opt/calc",
    }),
  );
  assert.equal(catalog.find(clsid)?.localServer, "/opt/calc");
  assert.equal(catalog.find(clsid)?.serviceParameters, "-fast");
});

// Self-relative, DACL of two entries: allow S-1-5-11 remote rights (0x1f), deny S-1-5-21-1-2-3-1000 remote execution (0x4).
const descriptor = fromHex(`
  01 00 04 80 00000000 00000000 00000000 14000000
  02 00 4000 0200 0000
  00 00 1400 1f000000 01 01 000000000005 0b000000
  01 00 2400 04000000 01 05 000000000005 15000000 01000000 02000000 03000000 e8030000
`);

test("permissions as Windows writes them: security descriptors", () => {
  const list = readSecurityDescriptor(descriptor);
  assert.deepEqual(list.entries, [
    { allow: true, account: "S-1-5-11" },
    { allow: false, account: "S-1-5-21-1-2-3-1000" },
  ]);
  assert.equal(permits(list, { account: "ann", sid: "S-1-5-21-1-2-3-1001", local: false }), true);
  assert.equal(permits(list, { account: "bob", sid: "S-1-5-21-1-2-3-1000", local: false }), false);
  assert.equal(permits(list, { account: undefined, local: false }), false);
});

test("a permission that cannot be read lets nobody in", () => {
  for (let length = 0; length < descriptor.length - 1; length++) {
    const bytes = descriptor.subarray(0, length);
    assert.throws(() => readSecurityDescriptor(bytes), ComError, `${length} bytes`);
  }
  for (let at = 0; at < descriptor.length; at++) {
    const changed = descriptor.slice();
    changed[at] = 0xff;
    try {
      readSecurityDescriptor(changed);
    } catch (error) {
      assert.ok(error instanceof ComError);
    }
  }
  const conditional = descriptor.slice();
  conditional[48] = 10; // the denial is one under a condition
  assert.throws(() => readSecurityDescriptor(conditional), ComError);
  const values = { [`${key}!AppID`]: "{c0a1e5ce-0000-4000-8000-00000000000a}" };
  for (const broken of [conditional, new Uint8Array(3), ["everybody may"]]) {
    const catalog = registryCatalog(registry({ ...values, [`${app}!LaunchPermission`]: broken }));
    const list = catalog.find(clsid)?.launchPermission;
    assert.ok(list);
    assert.equal(permits(list, { account: "ann", local: false }), false);
  }
});

test("the permissions of the system as a security descriptor", () => {
  const of = (values: Parameters<typeof registry>[0], kind: "launch" | "access"): string =>
    formatSddl(getSystemSecurityPermissions(registry(values), kind));
  const ole = String.raw`HKLM\SOFTWARE\Microsoft\Ole`;
  assert.equal(of({}, "launch"), "O:BAG:BAD:(A;;CCDCLCSWRP;;;BA)(A;;CCDCLCSWRP;;;AU)");
  assert.equal(of({}, "access"), "O:BAG:BAD:(A;;CCDCLC;;;BA)(A;;CCDCLC;;;AU)");
  assert.equal(
    of({ [`${ole}!DefaultAccessPermission`]: ["allow *", "deny S-1-5-21-1-2-3-1000"] }, "access"),
    "O:BAG:BAD:(A;;CCDCLC;;;BA)(D;;CCDCLC;;;S-1-5-21-1-2-3-1000)(A;;CCDCLC;;;AU)",
  );
  assert.equal(
    of({ [`${ole}!DefaultLaunchPermission`]: descriptor }, "launch"),
    "D:(A;;CCDCLCSWRP;;;AU)(D;;LC;;;S-1-5-21-1-2-3-1000)",
  );
  assert.throws(() => of({ [`${ole}!DefaultLaunchPermission`]: ["allow ann"] }, "launch"), {
    code: HResult.E_NOTIMPL,
  });
});
