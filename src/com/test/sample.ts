import { type Guid, guid } from "../../base/index.ts";
import {
  type Awaitable,
  type CallOptions,
  type Interface,
  type NdrType,
  defineInterface,
} from "../../ndr/index.ts";
import { IUnknown } from "../index.ts";

const i32: NdrType = { kind: "base", name: "i32" };
const hresult: NdrType = { kind: "base", name: "hresult" };

const pointerType = (iface: { name: string; iid: string }): NdrType => ({
  kind: "interface",
  name: iface.name,
  iid: iface.iid,
});

const IAdder_IID: Guid = guid("6d0a2a10-96c8-4c2e-9b0f-0c5a2c6a1f01");

export interface IAdder extends IUnknown {
  Add(a: number, b: number, options?: CallOptions): Awaitable<number>;
}
export const IAdder: Interface<IAdder> = defineInterface<IAdder>({
  name: "IAdder",
  iid: IAdder_IID,
  base: () => IUnknown,
  methods: () => [
    {
      name: "Add",
      opnum: 3,
      params: [
        { name: "a", type: i32, in: true, out: false },
        { name: "b", type: i32, in: true, out: false },
        { name: "sum", type: i32, in: false, out: true, retval: true },
      ],
      returns: hresult,
    },
  ],
});

export interface ICalculator extends IAdder {
  Divide(a: number, b: number, options?: CallOptions): Awaitable<number>;
  Later(a: number, options?: CallOptions): Awaitable<number>;
}
export const ICalculator: Interface<ICalculator> = defineInterface<ICalculator>({
  name: "ICalculator",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6a1f02",
  base: () => IAdder,
  methods: () => [
    {
      name: "Divide",
      opnum: 4,
      params: [
        { name: "a", type: i32, in: true, out: false },
        { name: "b", type: i32, in: true, out: false },
        { name: "quotient", type: i32, in: false, out: true, retval: true },
      ],
      returns: hresult,
    },
    {
      name: "Later",
      opnum: 5,
      params: [
        { name: "a", type: i32, in: true, out: false },
        { name: "result", type: i32, in: false, out: true, retval: true },
      ],
      returns: hresult,
    },
  ],
});

export interface ISink extends IUnknown {
  OnValue(value: number, options?: CallOptions): Awaitable<void>;
}
export const ISink: Interface<ISink> = defineInterface<ISink>({
  name: "ISink",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6a1f03",
  base: () => IUnknown,
  methods: () => [
    {
      name: "OnValue",
      opnum: 3,
      params: [{ name: "value", type: i32, in: true, out: false }],
      returns: hresult,
    },
  ],
});

/** Takes and hands out interface pointers. */
export interface IHub extends IUnknown {
  Attach(sink: ISink | object, options?: CallOptions): Awaitable<void>;
  Fire(value: number, options?: CallOptions): Awaitable<number>;
  Detach(options?: CallOptions): Awaitable<void>;
  GetAdder(options?: CallOptions): Awaitable<IAdder>;
}
export const IHub: Interface<IHub> = defineInterface<IHub>({
  name: "IHub",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6a1f04",
  base: () => IUnknown,
  methods: () => [
    {
      name: "Attach",
      opnum: 3,
      params: [{ name: "sink", type: pointerType(ISink), in: true, out: false }],
      returns: hresult,
    },
    {
      name: "Fire",
      opnum: 4,
      params: [
        { name: "value", type: i32, in: true, out: false },
        { name: "reached", type: i32, in: false, out: true, retval: true },
      ],
      returns: hresult,
    },
    { name: "Detach", opnum: 5, params: [], returns: hresult },
    {
      name: "GetAdder",
      opnum: 6,
      params: [{ name: "adder", type: pointerType(IAdder), in: false, out: true, retval: true }],
      returns: hresult,
    },
  ],
});
