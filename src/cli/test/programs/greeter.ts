// An in-process module for the tests of `comity register` and `comity call`.
import { IDispatch } from "../../../automation/index.ts";
import { ComError } from "../../../base/index.ts";
import { type DefinedModule, defineClass, defineModule } from "../../../com/index.ts";
import { type Interface, defineInterface, f64, hresult, i32, ref } from "../../../ndr/codegen/v1.ts";

interface IGreeter extends IDispatch {
  Add(a: number, b: number): number;
  get_Count(): number;
  put_Count(value: number): void;
  Half(of: number): number;
  Fail(): void;
}

const input = { in: true, out: false } as const;
const result = { in: false, out: true, retval: true } as const;

export const IGreeter: Interface<IGreeter> = defineInterface<IGreeter>({
  name: "IGreeter",
  iid: "3d5a2c60-77b1-4c5e-8a01-9f20c1e5c102",
  dual: true,
  base: () => IDispatch,
  methods: () => [
    {
      name: "Add",
      opnum: 7,
      dispId: 1,
      invoke: "method",
      params: [
        { name: "a", type: i32, ...input },
        { name: "b", type: i32, ...input },
        { name: "sum", type: ref(i32), ...result },
      ],
      returns: hresult,
    },
    {
      name: "get_Count",
      opnum: 8,
      dispId: 2,
      invoke: "get",
      params: [{ name: "value", type: ref(i32), ...result }],
      returns: hresult,
    },
    {
      name: "put_Count",
      opnum: 9,
      dispId: 2,
      invoke: "put",
      params: [{ name: "value", type: i32, ...input }],
      returns: hresult,
    },
    {
      name: "Half",
      opnum: 10,
      dispId: 3,
      invoke: "method",
      params: [
        { name: "of", type: f64, ...input },
        { name: "half", type: ref(f64), ...result },
      ],
      returns: hresult,
    },
    { name: "Fail", opnum: 11, dispId: 4, invoke: "method", params: [], returns: hresult },
  ],
});

class Greeter {
  Add(a: number, b: number): number {
    return a + b;
  }

  get_Count(): number {
    return 7;
  }

  put_Count(): void {}

  Half(of: number): number {
    return of / 2;
  }

  Fail(): never {
    throw new ComError(0x80040201, "the greeter is hoarse", { source: "Comity.Test.Greeter" });
  }
}

const greeterModule: DefinedModule = defineModule({
  classes: [
    defineClass(
      {
        clsid: "3d5a2c60-77b1-4c5e-8a01-9f20c1e5c10f",
        name: "Greeter",
        progId: "Comity.Test.Greeter.1",
        interfaces: [IGreeter],
      },
      Greeter,
    ),
  ],
});

export default greeterModule;
