import { ByteReader, ByteWriter, ComError, type Guid, HResult, defaultLimits } from "../../base/index.ts";
import type { Interface, MarshalContext, MethodCodec } from "../../ndr/index.ts";
import {
  type ActivationRequest,
  type ActivationResult,
  type Activator,
  type Channel,
  type ClassObjectUse,
  IUnknown,
  type Identity,
  type Marshaler,
  type RemoteObject,
  type Remoting,
  contractOf,
  identityOf,
  isPointer,
  pointerTo,
  proxyPointer,
  releaseResult,
  remoteObjectOf,
  splitStatus,
} from "../index.ts";

/**
 * What dcom does, in memory and without a transport: real proxies, real codecs, real stubs. An OBJREF here is the number of an export. Every call goes
 * through bytes.
 */
export class Loopback {
  readonly #exports = new Map<number, Identity>();
  readonly #remotes = new Map<number, LoopbackObject>();
  readonly #classes = new Map<Guid, object>();
  readonly #suspended = new Map<Guid, object>();
  #next = 1;
  /** When set, no call arrives any more: this is what callers are told. */
  broken: ComError | undefined;

  /** Objects someone holds through a proxy. */
  get held(): number {
    return [...this.#remotes.values()].filter((one) => one.holds > 0).length;
  }

  remoting(): Promise<Remoting> {
    const marshaler: Marshaler = {
      marshalInterface: (iid, pointer) => this.marshal(iid, pointer),
      unmarshalInterface: (iid, objref) => this.unmarshal(iid, objref),
      marshalWhenReady: (iid, pointer) => Promise.resolve(this.marshal(iid, pointer)),
      unmarshalWhenReady: (iid, objref) => Promise.resolve(this.unmarshal(iid, objref)),
      getStandardMarshal: () => {
        throw new ComError(HResult.E_NOTIMPL);
      },
      getStdMarshalEx: () => {
        throw new ComError(HResult.E_NOTIMPL);
      },
      releaseMarshalData: (objref) => {
        this.unmarshal(IUnknown.iid, objref).Release();
        return Promise.resolve();
      },
      disconnectObject: () => {},
      disconnectContext: () => {},
      decodeProxy: () => Promise.reject(new ComError(HResult.E_NOTIMPL)),
      lockObjectExternal: () => {},
      isHandlerConnected: () => true,
    };
    const activator: Activator = {
      activate: (request) => Promise.resolve(this.#activate(request)),
      registerClassObject: (clsid, factory, { suspended }: ClassObjectUse) => {
        (suspended ? this.#suspended : this.#classes).set(clsid, factory);
        return Promise.resolve({
          [Symbol.asyncDispose]: () => Promise.resolve(void this.#classes.delete(clsid)),
        });
      },
      resumeClassObjects: () => {
        for (const [clsid, factory] of this.#suspended) this.#classes.set(clsid, factory);
        this.#suspended.clear();
        return Promise.resolve();
      },
    };
    return Promise.resolve({ marshaler, activator, [Symbol.asyncDispose]: () => Promise.resolve() });
  }

  /** A proxy to an object, as if it lived elsewhere. */
  proxy<T extends IUnknown>(object: object, iface: Interface<T>): T {
    return this.unmarshal(iface.iid, this.marshal(iface.iid, object)) as T;
  }

  marshal(iid: Guid, pointer: object): Uint8Array {
    const remote = remoteObjectOf(pointer);
    if (remote instanceof LoopbackObject) {
      remote.hold();
      return bytesOfNumber(remote.id);
    }
    const identity = identityOf(pointer);
    if (identity.queryInterface(iid) === undefined) throw new ComError(HResult.E_NOINTERFACE);
    let id = [...this.#exports].find(([, one]) => one === identity)?.[0];
    if (id === undefined) this.#exports.set((id = this.#next++), identity);
    let object = this.#remotes.get(id);
    if (object === undefined) this.#remotes.set(id, (object = new LoopbackObject(this, id, identity)));
    object.hold();
    return bytesOfNumber(id);
  }

  unmarshal(iid: Guid, objref: Uint8Array): IUnknown {
    const object = this.#remotes.get(new ByteReader(objref).u32());
    if (object === undefined) throw new ComError(HResult.RPC_E_INVALID_OBJREF);
    const pointer = proxyPointer(object, contractOf(iid), object.channel(iid));
    object.unhold();
    return pointer;
  }

  #activate(request: ActivationRequest): ActivationResult[] {
    const factory = this.#classes.get(request.clsid) as { CreateInstance(iid: Guid): IUnknown } | undefined;
    if (factory === undefined) throw new ComError(HResult.REGDB_E_CLASSNOTREG);
    return request.iids.map((iid) => {
      using made = request.classObject ? pointerTo(factory, contractOf(iid)) : factory.CreateInstance(iid);
      return { iid, hresult: HResult.S_OK, pointer: this.proxy(made, contractOf(iid)) };
    });
  }
}

class LoopbackObject implements RemoteObject {
  readonly identity: string;
  readonly id: number;
  holds = 0;
  readonly #loopback: Loopback;
  readonly #identity: Identity;

  constructor(loopback: Loopback, id: number, identity: Identity) {
    this.#loopback = loopback;
    this.id = id;
    this.identity = String(id);
    this.#identity = identity;
  }

  queryInterface(iid: Guid): Promise<Channel> {
    if (this.#identity.queryInterface(iid) === undefined)
      return Promise.reject(new ComError(HResult.E_NOINTERFACE));
    return Promise.resolve(this.channel(iid));
  }

  hold(): void {
    if (this.holds++ === 0) this.#identity.addRef();
  }

  unhold(): void {
    if (--this.holds === 0) this.#identity.release();
  }

  channel(iid: Guid): Channel {
    return {
      invoke: (codec, opnum, args, options) => this.#call(iid, codec, opnum, args, options?.status),
    };
  }

  async #call(
    iid: Guid,
    clientCodec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    clientStatus: { code: number } | undefined,
  ): Promise<unknown> {
    if (this.#loopback.broken !== undefined) throw this.#loopback.broken;
    const request = new ByteWriter();
    clientCodec.encodeRequest(request, args, this.#context([], []));
    const response = await this.#serve(iid, opnum, request.finish());
    const status = { code: 0 };
    const result = clientCodec.decodeResponse(new ByteReader(response), args, this.#context([], []), status);
    if (status.code >>> 31 === 1) throw new ComError(status.code, undefined, { remote: true });
    if (clientStatus !== undefined) clientStatus.code = status.code;
    return result;
  }

  async #serve(iid: Guid, opnum: number, request: Uint8Array): Promise<Uint8Array> {
    const stub = this.#identity.queryInterface(iid);
    const codec = stub?.codec(opnum);
    if (stub === undefined || codec === undefined) throw new ComError(HResult.RPC_S_PROCNUM_OUT_OF_RANGE);
    const received: IUnknown[] = [];
    const given: IUnknown[] = [];
    const args = codec.decodeRequest(new ByteReader(request), this.#context(received, []));
    const response = new ByteWriter();
    try {
      const { code, value } = splitStatus(await stub.invoke(opnum, args));
      codec.encodeResponse(response, args, value, code, this.#context([], given));
    } catch (error) {
      codec.encodeResponse(
        response,
        args,
        undefined,
        ComError.from(error, HResult.RPC_E_SERVERFAULT).code,
        this.#context([], []),
      );
    }
    for (const pointer of given) releaseResult(pointer);
    for (const pointer of received) pointer[Symbol.dispose]();
    return response.finish();
  }

  #context(received: IUnknown[], given: IUnknown[]): MarshalContext {
    return {
      limits: defaultLimits,
      marshalInterface: (iid, pointer) => {
        if (isPointer(pointer)) given.push(pointer);
        return this.#loopback.marshal(iid, pointer);
      },
      unmarshalInterface: (iid, objref) => {
        const pointer = this.#loopback.unmarshal(iid, objref);
        received.push(pointer);
        return pointer;
      },
    };
  }
}

function bytesOfNumber(value: number): Uint8Array {
  const writer = new ByteWriter(4);
  writer.u32(value);
  return writer.finish();
}
