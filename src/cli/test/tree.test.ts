import assert from "node:assert/strict";
import { test } from "node:test";
import { IUnknown, makeAgile, pointerTo } from "../../com/index.ts";
import { openApartment, openRuntime } from "../../runtime/index.ts";
import { IGreeter } from "./programs/greeter.ts";
import { TestHome, comity, greeterPath } from "./support.ts";

test("comity ps --tree: apartments by kind, name and thread; objects, their references and who holds them", async () => {
  using home = new TestHome();
  await using com = await openRuntime({ home: home.path, apartment: "single", remoting: { name: "first" } });
  await using client = await openRuntime({
    home: home.path,
    apartment: "single",
    remoting: { name: "client" },
  });
  await com.registerModule(greeterPath);
  await using printer = await openApartment(com, "multi", { name: "printer" });
  using far = await printer.createInstance("Comity.Test.Greeter.1", IGreeter);
  assert.equal(await Promise.resolve(far.Add(2, 3)), 5);

  class Agile {
    finalRelease(): void {}
  }
  using agile = pointerTo(makeAgile(new Agile()), IUnknown, com);
  const objref = await com.marshaler.marshalWhenReady(IUnknown.iid, agile, { destination: "local" });
  using held = client.marshaler.unmarshalInterface(IUnknown.iid, objref);
  assert.ok(held);
  let tree = "";
  for (let times = 0; !/held by/.test(tree) && times < 100; times++) {
    tree = (await comity("ps", "--tree")).out; // what is held is reported late and in batches
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { pid } = process;
  assert.match(tree, new RegExp(`─ ${pid}  first\\n`), tree);
  assert.match(
    tree,
    /├─ single-threaded apartment  thread 0  [0-9a-f]+ .*\(\d+ calls?, \d+ connections?\)\n/,
  );
  assert.match(
    tree,
    new RegExp(
      `neutral apartment  thread 0\\n.*object [0-9a-f]+  Agile  5 references  held by ${pid} client\\n`,
    ),
  );
  assert.match(
    tree,
    /multithreaded apartment "printer"  thread \d+  .*\n(?:.*\n)*?.*object .*Greeter.*\n.*IGreeter  \d+ reference/,
  );
  assert.match(tree, /single-threaded apartment "client"  thread 0/);
});
