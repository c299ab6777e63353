import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ComError, HResult, newGuid } from "../../base/index.ts";
import { defineInterface } from "../../ndr/index.ts";
import {
  type Given,
  IUnknown,
  type Leak,
  type Runtime,
  identityOf,
  implement,
  isPointer,
  isSameObject,
  pointerTo,
  withStatus,
} from "../index.ts";
import { thread } from "../apartment.ts";
import { IAdder, ICalculator, IHub, ISink } from "./sample.ts";
import { Calculator, Hub, literalSink, openRuntime, withCode } from "./support.ts";

describe("direct pointers", () => {
  it("call the object and return what it returns", async () => {
    using calc = pointerTo(new Calculator(), ICalculator);
    assert.equal(calc.Add(2, 40), 42);
    const later = calc.Later(7);
    assert.ok(later instanceof Promise);
    assert.equal(await later, 7);
  });

  it("turn what an implementation throws into a ComError that says where", async () => {
    using calc = pointerTo(new Calculator(), ICalculator);
    assert.throws(
      () => calc.Divide(1, 0),
      (error: unknown) =>
        error instanceof ComError &&
        error.code === HResult.RPC_E_SERVERFAULT &&
        error.where === "ICalculator.Divide" &&
        error.cause instanceof RangeError,
    );
    await assert.rejects(async () => calc.Later(-1), /RPC_E_SERVERFAULT.*negative.*ICalculator\.Later/);
  });

  it("refuse use after release, with the interface's name", () => {
    const calc = pointerTo(new Calculator(), ICalculator);
    calc[Symbol.dispose]();
    calc[Symbol.dispose]();
    assert.throws(() => calc.Add(1, 1), /CO_E_OBJNOTCONNECTED.*ICalculator pointer was released/);
    assert.throws(() => calc.QueryInterface(IAdder), withCode(HResult.CO_E_OBJNOTCONNECTED));
    assert.throws(() => calc.AddRef(), withCode(HResult.CO_E_OBJNOTCONNECTED));
    assert.throws(() => calc.Release(), withCode(HResult.CO_E_OBJNOTCONNECTED));
    assert.throws(() => identityOf(calc), withCode(HResult.CO_E_OBJNOTCONNECTED));
  });

  it("dispose gives back the handle's own reference only", () => {
    const object = new Calculator();
    const calc = pointerTo(object, ICalculator);
    {
      using inside = calc;
      inside.AddRef();
    }
    assert.equal(calc.Add(1, 1), 2, "the reference taken with AddRef is still there");
    calc[Symbol.dispose]();
    assert.equal(object.released, 0);
    calc.Release();
    assert.equal(object.released, 1);
  });

  it("refuse use from another apartment", () => {
    using calc = pointerTo(new Calculator(), ICalculator);
    const home = thread.current;
    thread.current = { ...home, id: "elsewhere", enter: (_id, run) => run() };
    try {
      assert.throws(() => calc.Add(1, 1), withCode(HResult.RPC_E_WRONG_THREAD));
    } finally {
      thread.current = home;
    }
  });

  it("wrap implementation objects for interface parameters, for the length of the call", async () => {
    const values: number[] = [];
    const sink = literalSink(values);
    using hub = pointerTo(new Hub(), IHub);
    await hub.Attach(sink);
    assert.equal(identityOf(sink).references, 1, "the hub keeps one");
    assert.equal(await hub.Fire(5), 1);
    await hub.Detach();
    assert.equal(identityOf(sink).references, 0);
    assert.deepEqual(values, [5]);
  });

  it("hand a caller's own pointer through; the callee keeps it with AddRef", async () => {
    const values: number[] = [];
    const object = literalSink(values);
    using hub = pointerTo(new Hub(), IHub);
    {
      using sink = pointerTo(object, ISink);
      await hub.Attach(sink);
    }
    assert.equal(await hub.Fire(6), 1);
    await hub.Detach();
    assert.equal(identityOf(object).references, 0);
    assert.deepEqual(values, [6]);
  });

  it("wrap implementation objects in results", async () => {
    class Giver {
      GetAdder(): object {
        return new Calculator();
      }
      Attach(): void {}
      Fire(): number {
        return 0;
      }
      Detach(): void {}
    }
    implement(Giver, IHub);
    using hub = pointerTo(new Giver(), IHub);
    using adder = await hub.GetAdder();
    assert.ok(isPointer(adder));
    assert.equal(adder.Add(1, 2), 3);
  });

  it("give the caller the reference taken for a returned pointer that the object keeps", async () => {
    const object = new Calculator();
    const kept = pointerTo(object, ICalculator);
    class Keeper extends Hub {
      override GetAdder(): IAdder {
        kept.AddRef();
        return kept;
      }
    }
    using hub = pointerTo(new Keeper(), IHub);
    for (let i = 0; i < 3; i++) {
      using first = await hub.GetAdder();
      using second = await hub.GetAdder();
      assert.notEqual(first, second, "handles of their own");
      assert.ok(isSameObject(first, object));
      assert.equal(first.Add(i, 1), i + 1);
    }
    assert.equal(identityOf(object).references, 1, "the keeper's");
    assert.equal(kept.Add(1, 1), 2);
    kept[Symbol.dispose]();
    assert.equal(object.released, 1);
  });

  it("give the caller what is left of a handle whose own reference is spent", async () => {
    const object = new Calculator();
    class Lender extends Hub {
      override GetAdder(): IAdder {
        using lent = pointerTo(object, ICalculator);
        lent.AddRef();
        return lent;
      }
    }
    using hub = pointerTo(new Lender(), IHub);
    {
      using adder = await hub.GetAdder();
      assert.equal(adder.Add(1, 1), 2);
    }
    assert.equal(object.released, 1);
  });

  it("carry success codes beside the value, never to whoever did not ask", async () => {
    class Odd extends Calculator {
      override Add(): number {
        return withStatus(HResult.S_FALSE, 9);
      }
      override async Later(): Promise<number> {
        return withStatus(0x00040200, 8);
      }
    }
    using calc = pointerTo(new Odd(), ICalculator);
    const status = { code: -1 };
    assert.equal(calc.Add(0, 0), 9);
    assert.equal(calc.Add(0, 0, { status }), 9);
    assert.equal(status.code, HResult.S_FALSE);
    assert.equal(await calc.Later(0), 8);
    assert.equal(await calc.Later(0, { status }), 8);
    assert.equal(status.code, 0x00040200);
    void calc.Divide(1, 1, { status });
    assert.equal(status.code, HResult.S_OK);
    assert.throws(() => withStatus(HResult.E_FAIL, 0), withCode(HResult.E_INVALIDARG));
  });

  it("honour a signal and a timeout", async () => {
    class Slow extends Calculator {
      override Later(a: number): Promise<number> {
        return new Promise((resolve) => setTimeout(() => resolve(a), 1000).unref());
      }
    }
    using calc = pointerTo(new Slow(), ICalculator);
    assert.throws(
      () => calc.Add(1, 1, { signal: AbortSignal.abort() }),
      withCode(HResult.RPC_E_CALL_CANCELED),
    );
    const stop = new AbortController();
    const pending = calc.Later(1, { signal: stop.signal });
    stop.abort();
    await assert.rejects(async () => pending, withCode(HResult.RPC_E_CALL_CANCELED));
    await assert.rejects(async () => calc.Later(1, { timeout: 5 }), withCode(HResult.RPC_E_TIMEOUT));
  });

  it("say E_NOTIMPL for a method nobody wrote", () => {
    class Half {
      Add(): number {
        return 1;
      }
    }
    implement(Half, ICalculator);
    using calc = pointerTo(new Half() as object, ICalculator);
    assert.throws(() => calc.Divide(1, 1), /E_NOTIMPL.*Half does not implement ICalculator.Divide/);
  });

  it("survive hostile names in a descriptor", () => {
    const names = ['x"]; process.exit(1); ["', "constructor", "then", "$home", "__proto__", "a b"];
    const IHostile = defineInterface<IUnknown>({
      name: 'I"Hostile\n',
      iid: newGuid(),
      base: () => IUnknown,
      methods: () =>
        names.map((name, index) => ({
          name,
          opnum: 3 + index,
          params: [],
          returns: { kind: "base", name: "void" },
        })),
    });
    class Target {
      readonly id: number = 1;
    }
    implement(Target, IHostile);
    using pointer = pointerTo(new Target(), IHostile);
    assert.equal(Reflect.get(pointer, "then"), undefined);
    assert.equal(typeof Reflect.get(pointer, names[0] ?? ""), "function");
  });

  it("compare by identity", () => {
    const [one, two] = [new Calculator(), new Calculator()];
    using a = pointerTo(one, ICalculator);
    using b = pointerTo(one, IAdder);
    using c = pointerTo(two, IAdder);
    assert.ok(isSameObject(a, b));
    assert.ok(isSameObject(a, one));
    assert.ok(!isSameObject(b, c));
  });
});

describe("leak detector", () => {
  it("names the call site of a handle that is alive at the end", async () => {
    const leaks: Leak[] = [];
    const runtime = await openRuntime({ leaks: (leak) => void leaks.push(leak) });
    const kept = forgetful(runtime);
    using released = runtime.pointerTo(new Calculator(), IAdder);
    released.Release();
    await runtime.close();
    assert.equal(leaks.length, 1);
    assert.equal(leaks[0]?.interface, "ICalculator");
    assert.equal(leaks[0]?.collected, false);
    assert.match(leaks[0]?.site ?? "", /forgetful/);
    kept.Release();
  });

  it("reports a handle that was collected unreleased", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const leaks: Leak[] = [];
    await using runtime = await openRuntime({ leaks: (leak) => void leaks.push(leak) });
    forgetful(runtime);
    for (let i = 0; i < 50 && leaks.length === 0; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      gc();
    }
    assert.equal(leaks[0]?.collected, true);
    assert.match(leaks[0]?.site ?? "", /forgetful/);
  });

  it("makes close fail where asked to", async () => {
    const runtime = await openRuntime({ leaks: "throw" });
    const kept = forgetful(runtime);
    await assert.rejects(runtime.close(), /1 interface pointers were never released.*ICalculator/);
    kept.Release();
  });
});

function forgetful(runtime: Runtime): ICalculator {
  return runtime.pointerTo(new Calculator(), ICalculator);
}

it("an interface parameter's type takes pointers and objects that implement the interface", () => {
  const values: number[] = [];
  const takes = (sink: Given<ISink>): Given<ISink> => sink;
  assert.ok(takes(literalSink(values)));
  assert.ok(takes(pointerTo(literalSink(values), ISink)));
  // @ts-expect-error -- it lacks OnValue
  assert.ok(takes({ OnSomethingElse() {} }));
  const anything: Given<IUnknown> = {};
  assert.ok(anything);
});
