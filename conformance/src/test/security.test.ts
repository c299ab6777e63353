import assert from "node:assert/strict";
import { describe } from "node:test";
import { ComError, HResult, LateBound, Runtime, newGuid } from "comity";
import { RegistryType } from "comity/com";
import { defineInterface } from "comity/codegen/v1";
import { ISubject, Subject } from "../gen/subject.js";
import { TestMachine, client } from "../support/machine.js";
import { test } from "../support/test.js";

interface Refusal {
  readonly code: number;
  /** The gate that the client is told, or found out itself. */
  readonly gate?: string;
}

async function refused(work: Promise<Disposable>, { code, gate }: Refusal): Promise<void> {
  await assert.rejects(
    async () => {
      using _ = await work;
    },
    (error: unknown) => {
      assert.ok(error instanceof ComError, String(error));
      assert.equal(error.code.toString(16), code.toString(16), error.message);
      if (gate !== undefined) assert.equal(error.gate, gate, error.message);
      assert.ok(!error.message.includes(client.password ?? ""), "no secret in the message");
      return true;
    },
  );
}

/** The gates named in the machine's log since the last look. */
function gates(machine: TestMachine): (string | undefined)[] {
  return machine.warnings.splice(0).map(({ gate }) => gate);
}

const clsidKey = `HKCR\\CLSID\\{${Subject.clsid.toUpperCase()}}`;
const appId = "{7D1F4A60-3C52-4B8E-9A10-6F20C1E5B1A0}";

/** Puts the subject into an application with this permission; nothing else changes. */
async function permission(machine: TestMachine, name: string, lines: readonly string[]): Promise<void> {
  await machine.registry.edit((editor) => {
    editor.set(clsidKey, "AppID", appId);
    for (const one of ["LaunchPermission", "AccessPermission"]) editor.unset(`HKCR\\AppID\\${appId}`, one);
    editor.set(`HKCR\\AppID\\${appId}`, name, lines, RegistryType.MULTI_SZ);
  });
}

let lastAddress = 30;

describe("who is let in, and which gate says no", { concurrency: 3 }, () => {
  async function withMachines(work: (far: TestMachine, com: Runtime) => Promise<void>): Promise<void> {
    await using far = await TestMachine.open({ address: `127.0.0.${++lastAddress}` });
    await using near = await TestMachine.open({ subject: "none" });
    await using com = await near.runtime();
    await work(far, com);
  }

  test("logon: a wrong password, an unknown user, a disabled account, nobody at all", () =>
    withMachines(async (far, com) => {
      const create = (credentials: { user: string; password: string }): Promise<ISubject> =>
        com.createInstance(Subject, ISubject, { machine: far.name, credentials });
      const denied = { code: HResult.E_ACCESSDENIED };
      const password = client.password ?? "";
      await refused(create({ user: client.user, password: "wrong" }), denied);
      assert.ok(gates(far).includes("logon"), "the machine's log names the gate");
      await refused(create({ user: "mallory", password }), denied);
      assert.ok(gates(far).includes("logon"));
      await refused(create({ user: client.user, password: "" }), denied);
      await far.accounts.setDisabled(client.user, true);
      await refused(create({ user: client.user, password }), denied);
      assert.ok(gates(far).includes("logon"));
      await far.accounts.setDisabled(client.user, false);
      using subject = await create({ user: client.user.toUpperCase(), password });
      assert.equal(await subject.Add(1, 2), 3, "enabled again, and names have no case");
      assert.deepEqual(await far.servers(), [await subject.ProcessId()], "no refusal started a server");
    }));

  test("a caller without credentials never leaves", async () => {
    await using near = await TestMachine.open({ subject: "none" });
    await using nobody = await Runtime.open({ home: near.home });
    const work = nobody.createInstance(Subject, ISubject, { machine: "127.0.0.31[9]" });
    await refused(work, { code: HResult.E_ACCESSDENIED, gate: "logon" });
  });

  test("levels below integrity are refused by default, each with its gate", () =>
    withMachines(async (far, com) => {
      for (const authenticationLevel of [1, 2, 3, 4]) {
        const options = { machine: far.name, authenticationLevel };
        await refused(com.createInstance(Subject, ISubject, options), { code: HResult.E_ACCESSDENIED });
        assert.deepEqual(gates(far), ["level too low"], `level ${authenticationLevel}`);
      }
      for (const authenticationLevel of [5, 6]) {
        using subject = await com.createInstance(Subject, ISubject, {
          machine: far.name,
          authenticationLevel,
        });
        assert.equal(await subject.Add(1, 2), 3);
      }
      assert.deepEqual(gates(far), []);
    }));

  test("names that do not exist: class, interface, method", () =>
    withMachines(async (far, com) => {
      const machine = far.name;
      const missing = newGuid();
      await refused(com.createInstance(missing, ISubject, { machine }), {
        code: HResult.REGDB_E_CLASSNOTREG,
      });
      await refused(com.createInstance(missing, ISubject), { code: HResult.REGDB_E_CLASSNOTREG });
      await assert.rejects(com.createInstance("No.Such.ProgID", ISubject), {
        code: HResult.CO_E_CLASSSTRING,
      });
      const IOther = defineInterface<ISubject>({
        name: "IOther",
        iid: newGuid(),
        base: () => ISubject,
        methods: () => [],
      });
      await refused(com.createInstance(Subject, IOther, { machine }), { code: HResult.E_NOINTERFACE });
      using subject = await com.createInstance(Subject, ISubject, { machine });
      await assert.rejects(new LateBound(subject).call("Subtract", [1]), {
        code: HResult.DISP_E_UNKNOWNNAME,
      });
    }));

  test("launch permission and access permission of an application", () =>
    withMachines(async (far, com) => {
      const create = (): Promise<ISubject> => com.createInstance(Subject, ISubject, { machine: far.name });
      const denied = { code: HResult.E_ACCESSDENIED };
      await permission(far, "LaunchPermission", ["allow somebody-else"]);
      await refused(create(), denied);
      assert.deepEqual(gates(far), ["launch permission"]);
      await permission(far, "LaunchPermission", ["allow *", `deny ${client.user}`]);
      await refused(create(), denied);
      assert.deepEqual(gates(far), ["launch permission"], "a denial outweighs");
      await permission(far, "AccessPermission", ["allow somebody-else"]);
      await refused(create(), denied);
      assert.deepEqual(gates(far), ["access permission"]);
      assert.deepEqual(await far.servers(), [], "no refusal started a server");
      {
        await using local = await far.runtime();
        using mine = await local.createInstance(Subject, ISubject);
        assert.equal(await mine.Add(1, 2), 3, "the machine's owner is always let in");
      }
      await permission(far, "AccessPermission", [`allow ${client.user}`]);
      using subject = await create();
      assert.equal(await subject.Add(1, 2), 3);
    }));

  test("a machine that does not want DCOM", () =>
    withMachines(async (far, com) => {
      await far.registry.edit((editor) => editor.set("HKLM\\SOFTWARE\\Microsoft\\Ole", "EnableDCOM", "N"));
      const work = com.createInstance(Subject, ISubject, { machine: far.name });
      await refused(work, { code: HResult.E_ACCESSDENIED });
      assert.deepEqual(gates(far), ["DCOM disabled"]);
    }));
});
