import { newGuid } from "../../base/index.ts";
import { type Awaitable, type CallOptions, type Interface, defineInterface } from "../../ndr/index.ts";
import { i32 } from "../../ndr/codegen/v1.ts";
import { type ClassDefinition, IUnknown, defineClass } from "../../com/index.ts";

/** A contract of one method, for tests of activation. */
export interface IAdder extends IUnknown {
  Add(a: number, b: number, options?: CallOptions): Awaitable<number>;
}

export const IAdder: Interface<IAdder> = defineInterface<IAdder>({
  name: "IAdder",
  iid: "6f9a2c11-52d0-4f0e-9a44-0c9d3b1e7a01",
  base: () => IUnknown,
  methods: () => [
    {
      name: "Add",
      opnum: 3,
      params: [
        { name: "a", type: i32, in: true, out: false },
        { name: "b", type: i32, in: true, out: false },
        {
          name: "sum",
          type: { kind: "pointer", pointer: "ref", to: i32 },
          in: false,
          out: true,
          retval: true,
        },
      ],
      returns: { kind: "base", name: "hresult" },
    },
  ],
});

/** A class of adders that counts how many are alive. */
export function adderClass(clsid: string = newGuid()): ClassDefinition & { readonly living: () => number } {
  let living = 0;
  class Adder {
    constructor() {
      living++;
    }
    Add(a: number, b: number): number {
      return a + b;
    }
    finalRelease(): void {
      living--;
    }
  }
  return Object.assign(defineClass({ clsid, name: "Test.Adder", interfaces: [IAdder] }, Adder), {
    living: () => living,
  });
}
