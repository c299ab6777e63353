import { ByteReader, type ByteWriter, ComError, type Guid, HResult } from "../../base/index.ts";
import {
  type CallOptions,
  type InterfaceDescriptor,
  type MarshalContext,
  type MethodCodec,
  allMethods,
} from "../../ndr/index.ts";
import { ControllingUnknown } from "../aggregation.ts";
import {
  IPSFactoryBuffer,
  IRpcChannelBuffer,
  type IRpcProxyBuffer,
  type IRpcStubBuffer,
} from "../gen/objidl.ts";
import type { Identity } from "../identity.ts";
import { LateChannel } from "../pointer/proxy.ts";
import type { Channel, InterfaceStub, ObjectIdentity } from "../remoting.ts";
import { splitStatus } from "../status.ts";
import { LayeredProxyStub, layeredCodec } from "./layers.ts";
import { MarshalDestination } from "./flags.ts";
import type { ReferenceClasses } from "./reference-classes.ts";
import { rawCodec } from "./raw-codec.ts";

/** A message of a call as proxies and stubs of one's own see it (RPCOLEMESSAGE): the bytes behind the ORPC header. */
export interface RpcMessage {
  /** The method's place in the vtable. */
  iMethod: number;
  /** What goes out; afterwards what came back. */
  buffer: Uint8Array;
  /** Whether the numbers of the buffer are little-endian. Ours always are. */
  littleEndian?: boolean;
  /** True when the connection speaks NDR64. */
  ndr64?: boolean;
  /** Signal and timeout of the call. */
  options?: CallOptions | undefined;
}

/** The channel as a proxy of one's own sees it (IRpcChannelBuffer): messages in, messages out. */
class ChannelBuffer {
  static readonly interfaces: readonly [typeof IRpcChannelBuffer] = [IRpcChannelBuffer];
  readonly #channel: Channel | undefined;

  constructor(channel: Channel | undefined) {
    this.#channel = channel;
  }

  /** The message with a buffer of the size it has now, all zero. */
  GetBuffer(message: RpcMessage, _riid?: Guid): RpcMessage {
    message.buffer = new Uint8Array(message.buffer.length);
    return message;
  }

  /** Sends the message; answers it with the response in its buffer. Rejects with the fault of the server, or the loss of the connection. */
  async SendReceive(message: RpcMessage): Promise<{ pMessage: RpcMessage; pStatus: number }> {
    if (this.#channel === undefined) {
      throw new ComError(HResult.E_UNEXPECTED, "a stub answers by its message; it has nothing to send");
    }
    const args = [message.buffer];
    const answer = await this.#channel.invoke(rawCodec, message.iMethod, args, message.options);
    message.buffer = (answer as RawBytes).bytes;
    message.littleEndian = (answer as RawBytes).littleEndian;
    return { pMessage: message, pStatus: 0 };
  }

  FreeBuffer(message: RpcMessage): RpcMessage {
    return message;
  }

  GetDestCtx(): { pdwDestContext: number; ppvDestContext: unknown } {
    return { pdwDestContext: MarshalDestination.DIFFERENTMACHINE, ppvDestContext: null };
  }

  IsConnected(): void {}
}

/** Bytes of a message, with what reading them needs. */
interface RawBytes {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly ndr64: boolean;
  readonly context: MarshalContext;
}

type Factory = Pick<IPSFactoryBuffer, "CreateProxy" | "CreateStub">;

/** Puts the proxies and stubs that classes of the program or the registry make in the place of the standard ones (IPSFactoryBuffer). */
export class ProxyStubs {
  readonly #classes: ReferenceClasses;

  constructor(classes: ReferenceClasses) {
    this.#classes = classes;
  }

  /** The channel that calls of an interface take: the one given, or a proxy of somebody's own above it. */
  channel(descriptor: InterfaceDescriptor, channel: Channel): Channel {
    const factory = this.#classes.proxyStubFactory(descriptor.iid);
    if (factory === undefined) return channel;
    if (!(factory instanceof Promise)) return makeChannel(factory as Factory, descriptor, channel);
    return new LateChannel(factory.then((loaded) => makeChannel(loaded as Factory, descriptor, channel)));
  }

  /** The stub of an interface: the standard one given, or one of somebody's own. */
  stub(identity: ObjectIdentity, standard: InterfaceStub): InterfaceStub {
    const { descriptor } = standard;
    const factory = this.#classes.proxyStubFactory(descriptor.iid);
    if (factory === undefined) return standard;
    if (!(factory instanceof Promise)) return makeStub(factory as Factory, identity, standard);
    return new LateStub(
      factory.then((loaded) => makeStub(loaded as Factory, identity, standard)),
      descriptor,
    );
  }
}

function makeChannel(factory: Factory, descriptor: InterfaceDescriptor, channel: Channel): Channel {
  if (factory instanceof LayeredProxyStub) return new LayeredChannel(factory, channel);
  const made = factory.CreateProxy(null, descriptor.iid) as { ppProxy: IRpcProxyBuffer | null; ppv: unknown };
  if (made.ppProxy === null || typeof made.ppv !== "object" || made.ppv === null) {
    throw new ComError(HResult.E_POINTER, `the proxy factory made nothing for ${descriptor.name}`);
  }
  void made.ppProxy.Connect(new ChannelBuffer(channel) as unknown as IRpcChannelBuffer);
  return new ProxyChannel(descriptor, made.ppv, made.ppProxy);
}

/** Calls that a proxy of somebody's own makes a message of. */
class ProxyChannel implements Channel {
  readonly #names: readonly string[];
  readonly #proxy: Readonly<Record<string, unknown>>;
  readonly #buffer: IRpcProxyBuffer;
  readonly #title: string;

  constructor(descriptor: InterfaceDescriptor, proxy: object, buffer: IRpcProxyBuffer) {
    const names: string[] = [];
    for (const method of allMethods(descriptor)) names[method.opnum] = method.name;
    this.#names = names;
    this.#title = descriptor.name;
    this.#proxy = proxy as Readonly<Record<string, unknown>>;
    this.#buffer = buffer;
  }

  async invoke(
    _codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    const method = this.#proxy[this.#names[opnum] ?? ""];
    if (typeof method !== "function") {
      throw new ComError(HResult.E_NOTIMPL, `the proxy of ${this.#title} does not write method ${opnum}`);
    }
    const call = method as (...list: unknown[]) => unknown;
    return await call.apply(this.#proxy, [...args, options]);
  }

  close(): void {
    void this.#buffer.Disconnect();
  }
}

/** The standard proxy, its messages through layers. */
class LayeredChannel implements Channel {
  readonly #layers: LayeredProxyStub;
  readonly #channel: Channel;

  constructor(layers: LayeredProxyStub, channel: Channel) {
    this.#layers = layers;
    this.#channel = channel;
  }

  invoke(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    return this.#channel.invoke(layeredCodec(codec, this.#layers), opnum, args, options);
  }
}

function makeStub(factory: Factory, identity: ObjectIdentity, standard: InterfaceStub): InterfaceStub {
  const { descriptor } = standard;
  if (factory instanceof LayeredProxyStub) {
    return {
      descriptor,
      codec: (opnum) => {
        const codec = standard.codec(opnum);
        return codec === undefined ? undefined : layeredCodec(codec, factory);
      },
      invoke: (opnum, args) => standard.invoke(opnum, args),
    };
  }
  const made = factory.CreateStub(
    descriptor.iid,
    new ControllingUnknown(identity as Identity),
  ) as IRpcStubBuffer | null;
  if (made === null) {
    throw new ComError(HResult.E_POINTER, `the stub factory made nothing for ${descriptor.name}`);
  }
  return new OwnStub(descriptor, made);
}

/** A stub that makes calls of messages itself. */
class OwnStub implements InterfaceStub {
  readonly descriptor: InterfaceDescriptor;
  readonly #stub: IRpcStubBuffer;

  constructor(descriptor: InterfaceDescriptor, stub: IRpcStubBuffer) {
    // Methods whose failure stands in the message are the stub's own affair: what it throws is a fault.
    this.descriptor = { ...identityOfInterface(descriptor), methods: [] };
    this.#stub = stub;
  }

  codec(): MethodCodec {
    return rawCodec;
  }

  invoke(opnum: number, args: readonly unknown[]): unknown {
    const { bytes, littleEndian, ndr64 } = args[0] as RawBytes;
    const message: RpcMessage = { iMethod: opnum, buffer: bytes, littleEndian, ndr64 };
    const channel = new ChannelBuffer(undefined) as unknown as IRpcChannelBuffer;
    const answer = this.#stub.Invoke(message, channel);
    const bufferOf = (given: unknown): Uint8Array =>
      (given as RpcMessage | undefined)?.buffer ?? message.buffer;
    return answer instanceof Promise ? answer.then(bufferOf) : bufferOf(answer);
  }

  disconnect(): void {
    void this.#stub.Disconnect();
  }
}

/** A stub whose factory is still being loaded: messages wait for it. */
class LateStub implements InterfaceStub {
  readonly descriptor: InterfaceDescriptor;
  readonly #coming: Promise<InterfaceStub>;

  constructor(coming: Promise<InterfaceStub>, descriptor: InterfaceDescriptor) {
    this.#coming = coming;
    coming.catch(() => undefined); // each call is told
    this.descriptor = { ...identityOfInterface(descriptor), methods: [] };
  }

  codec(): MethodCodec {
    return rawCodec;
  }

  async invoke(opnum: number, args: readonly unknown[]): Promise<unknown> {
    const stub = await this.#coming;
    const inNdr20 = stub.codec(opnum);
    if (inNdr20 === rawCodec) return stub.invoke(opnum, args);
    if (inNdr20 === undefined) {
      throw new ComError(
        HResult.RPC_S_PROCNUM_OUT_OF_RANGE,
        `${stub.descriptor.name} has no remote method ${opnum}`,
      );
    }
    const { bytes, littleEndian, ndr64, context } = args[0] as RawBytes;
    const codec = ndr64 ? inNdr20.ndr64 : inNdr20;
    const read = codec.decodeRequest(new ByteReader(bytes, 0, bytes.length, littleEndian), context);
    const { code, value } = splitStatus(await stub.invoke(opnum, read));
    return (writer: ByteWriter, into: MarshalContext) =>
      codec.encodeResponse(writer, read, value, code, into);
  }

  disconnect(): void {
    this.#coming.then(
      (stub) => stub.disconnect?.(),
      () => undefined,
    );
  }
}

/** What dispatchers ask of a descriptor, without its methods. */
function identityOfInterface({
  name,
  iid,
  version,
  kind,
  dual,
  oleautomation,
}: InterfaceDescriptor): Omit<InterfaceDescriptor, "methods"> {
  return { name, iid, version, kind, dual, oleautomation, base: undefined };
}
