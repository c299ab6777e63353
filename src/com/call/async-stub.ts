import { ComError, HResult } from "../../base/index.ts";
import { type MethodCodec, allMethods } from "../../ndr/index.ts";
import { ICallFactory } from "../gen/objidl.ts";
import type { Facet, Identity } from "../identity.ts";
import { contractOf } from "../interfaces.ts";
import { isThenable } from "../pointer/call.ts";
import { Pointer } from "../pointer/base.ts";
import { pointerTo } from "../pointers.ts";
import type { InterfaceStub } from "../remoting.ts";
import { IUnknown } from "../unknown.ts";
import { Synchronize } from "./synchronize.ts";

/**
 * The stub of an object that answers calls later, by call objects of its own (ICallFactory on the server): each call gets Begin_, the object signals
 * the ISynchronize of the controlling unknown it was given, then Finish_ is asked for the results. An object that refuses a call object
 * (E_NOINTERFACE) is called synchronously.
 */
class AsyncStub implements InterfaceStub {
  readonly #stub: InterfaceStub;
  readonly #factory: ICallFactory;
  readonly #facet: Facet;

  constructor(stub: InterfaceStub, factory: ICallFactory, facet: Facet) {
    this.#stub = stub;
    this.#factory = factory;
    this.#facet = facet;
  }

  get descriptor(): InterfaceStub["descriptor"] {
    return this.#stub.descriptor;
  }

  codec(opnum: number): MethodCodec | undefined {
    return this.#stub.codec(opnum);
  }

  async invoke(opnum: number, args: readonly unknown[]): Promise<unknown> {
    const { descriptor } = this.#facet;
    const asyncIid = descriptor.asyncIid ?? IUnknown.iid;
    const name = allMethods(descriptor).find((method) => method.opnum === opnum)?.name ?? "";
    const event = new Synchronize();
    using control = pointerTo(event, IUnknown);
    let made: unknown;
    try {
      made = this.#factory.CreateCall(asyncIid, control, asyncIid);
      if (isThenable(made)) made = await made;
    } catch (error) {
      if (ComError.from(error).code !== HResult.E_NOINTERFACE) throw error;
      return this.#stub.invoke(opnum, args);
    }
    if (typeof made !== "object" || made === null) {
      throw new ComError(HResult.E_POINTER, "the call factory answered no call object");
    }
    const call = made instanceof Pointer ? made : pointerTo(made, contractOf(asyncIid));
    try {
      const halves = call as unknown as Readonly<Record<string, (...list: readonly unknown[]) => unknown>>;
      await halves[`Begin_${name}`]?.(...args);
      await event.Wait();
      return await halves[`Finish_${name}`]?.();
    } finally {
      (call as Disposable)[Symbol.dispose]();
    }
  }
}

/** The asynchronous stub of a facet, where its object wants one. */
export function asyncStub(identity: Identity, facet: Facet, stub: InterfaceStub): InterfaceStub {
  if (facet.descriptor.asyncIid === undefined) return stub;
  const factory = identity.peek(ICallFactory.iid)?.target as ICallFactory | undefined;
  return factory === undefined ? stub : new AsyncStub(stub, factory, facet);
}
