import { ComError, HResult } from "../../base/index.ts";
import { IUnknown } from "../../com/index.ts";
import {
  type Awaitable,
  type CallOptions,
  type Guid,
  type Interface,
  array,
  defineInterface,
  hresult,
  i32,
  interfacePointer,
  interfacePointerIs,
  guidType,
  ref,
  string,
  u32,
  u8,
  unique,
} from "../../ndr/codegen/v1.ts";

/** Interfaces and objects the tests call. */

export interface ISink extends IUnknown {
  OnValue(value: number, options?: CallOptions): Awaitable<number>;
}
export const ISink: Interface<ISink> = defineInterface<ISink>({
  name: "ISink",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0001",
  base: () => IUnknown,
  methods: () => [
    {
      name: "OnValue",
      opnum: 3,
      params: [
        { name: "value", type: i32, in: true, out: false },
        { name: "answer", type: ref(i32), in: false, out: true, retval: true },
      ],
      returns: hresult,
    },
  ],
});

export interface INamed extends IUnknown {
  Name(options?: CallOptions): Awaitable<string>;
}
export const INamed: Interface<INamed> = defineInterface<INamed>({
  name: "INamed",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0002",
  base: () => IUnknown,
  methods: () => [
    {
      name: "Name",
      opnum: 3,
      params: [{ name: "name", type: ref(unique(string("wchar"))), in: false, out: true, retval: true }],
      returns: hresult,
    },
  ],
});

export interface INode extends IUnknown {
  Add(a: number, b: number, options?: CallOptions): Awaitable<number>;
  AddLater(a: number, b: number, options?: CallOptions): Awaitable<number>;
  Fail(code: number, options?: CallOptions): Awaitable<number>;
  Throw(options?: CallOptions): Awaitable<void>;
  Make(name: string, options?: CallOptions): Awaitable<INode>;
  CallBack(sink: ISink, value: number, options?: CallOptions): Awaitable<number>;
  Keep(node: INode | null, options?: CallOptions): Awaitable<void>;
  Kept(options?: CallOptions): Awaitable<INode | null>;
  Bytes(size: number, data: Uint8Array, options?: CallOptions): Awaitable<number>;
  Pick(iid: Guid, options?: CallOptions): Awaitable<object>;
  NoStatus(value: number, options?: CallOptions): Awaitable<number>;
}
const retval = { in: false, out: true, retval: true } as const;
const input = { in: true, out: false } as const;
export const INode: Interface<INode> = defineInterface<INode>({
  name: "INode",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0003",
  base: () => IUnknown,
  methods: () => [
    method(
      "Add",
      3,
      [
        { name: "a", type: i32, ...input },
        { name: "b", type: i32, ...input },
      ],
      ref(i32),
    ),
    method(
      "AddLater",
      4,
      [
        { name: "a", type: i32, ...input },
        { name: "b", type: i32, ...input },
      ],
      ref(i32),
    ),
    method("Fail", 5, [{ name: "code", type: u32, ...input }], ref(i32)),
    method("Throw", 6, []),
    method(
      "Make",
      7,
      [{ name: "name", type: string("wchar"), ...input }],
      ref(interfacePointer("INode", INode.iid)),
    ),
    method(
      "CallBack",
      8,
      [
        { name: "sink", type: interfacePointer("ISink", ISink.iid), ...input },
        { name: "value", type: i32, ...input },
      ],
      ref(i32),
    ),
    method("Keep", 9, [{ name: "node", type: interfacePointer("INode", INode.iid), ...input }]),
    method("Kept", 10, [], ref(interfacePointer("INode", INode.iid))),
    method(
      "Bytes",
      11,
      [
        { name: "size", type: u32, ...input },
        { name: "data", type: ref(array(u8, { size: "size" })), ...input },
      ],
      ref(u32),
    ),
    method("Pick", 12, [{ name: "iid", type: ref(guidType), ...input }], ref(interfacePointerIs("iid"))),
    { name: "NoStatus", opnum: 13, params: [{ name: "value", type: i32, ...input }], returns: i32 },
  ],
});

type Method = ReturnType<Parameters<typeof defineInterface>[0]["methods"]>[number];

function method(name: string, opnum: number, params: Method["params"], result?: Method["returns"]): Method {
  const out = result === undefined ? [] : [{ name: "result", type: result, ...retval }];
  return { name, opnum, params: [...params, ...out], returns: hresult };
}

/** A node: adds, makes more of its kind, keeps one reference, calls back. */
export class Node {
  static readonly interfaces: readonly unknown[] = [INode, INamed];
  /** Nodes that were not released for good. */
  static alive = 0;
  readonly name: string;
  kept: INode | null = null;
  calls = 0;

  constructor(name: string) {
    this.name = name;
    Node.alive++;
  }

  finalRelease(): void {
    Node.alive--;
    this.kept?.[Symbol.dispose]();
  }

  Name(): string {
    return this.name;
  }

  Add(a: number, b: number): number {
    this.calls++;
    return a + b;
  }

  async AddLater(a: number, b: number): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve));
    return a + b;
  }

  Fail(code: number): number {
    throw new ComError(code, "the valve is closed", { source: "Comity.Node", helpContext: 7 });
  }

  Throw(): void {
    throw new TypeError("a plain mistake");
  }

  Make(name: string): Node {
    return new Node(name);
  }

  async CallBack(sink: ISink, value: number): Promise<number> {
    return (await sink.OnValue(value)) + 1;
  }

  Keep(node: INode | null): void {
    this.kept?.Release();
    node?.AddRef();
    this.kept = node;
  }

  Kept(): INode | null {
    this.kept?.AddRef();
    return this.kept;
  }

  Bytes(size: number, data: Uint8Array): number {
    if (data.length !== size) throw new ComError(HResult.E_INVALIDARG);
    let sum = 0;
    for (const byte of data) sum += byte;
    return sum;
  }

  Pick(iid: Guid): object {
    void iid;
    return this;
  }

  NoStatus(value: number): number {
    if (value < 0) throw new ComError(HResult.E_INVALIDARG, "negative");
    return value * 2;
  }
}
