import { ComError, HResult } from "../../base/index.ts";
import {
  type Awaitable,
  type CallOptions,
  type Interface,
  type InterfaceDescriptor,
  type MethodCodec,
  type MethodDescriptor,
  allMethods,
  methodCodec,
} from "../../ndr/index.ts";
import { cancellable, cancellation } from "../call/cancel.ts";
import { outgoing } from "../apartment/outgoing.ts";
import { thread } from "../apartment.ts";
import type { LeakDetector } from "../leaks.ts";
import type { Channel, RemoteObject } from "../remoting.ts";
import { IID_IUnknown, type IUnknown } from "../unknown.ts";
import { Pointer, refuse, watchForLeaks } from "./base.ts";
import { isMember } from "./direct.ts";
import { callOwn, ownFacet } from "./proxy-facets.ts";

/** A pointer to an object that lives elsewhere: a call is encoded and goes through the channel. */
export abstract class ProxyPointer extends Pointer {
  readonly $remote: RemoteObject;
  readonly $channel: Channel;
  readonly $detector: LeakDetector | undefined;
  declare readonly $descriptor: InterfaceDescriptor;

  constructor(remote: RemoteObject, channel: Channel, leaks: LeakDetector | undefined) {
    super();
    this.$remote = remote;
    this.$channel = channel;
    this.$detector = leaks;
    remote.hold();
    watchForLeaks(this, leaks);
  }

  override get $leaks(): LeakDetector | undefined {
    return this.$detector;
  }

  override $drop(): void {
    this.$remote.unhold();
  }

  override $again(): ProxyPointer {
    return new (this.constructor as ProxyClass)(this.$remote, this.$channel, this.$detector);
  }

  /** A handle to another interface of the object, without asking: whether it is there shows at the first call. */
  $as(descriptor: InterfaceDescriptor): ProxyPointer {
    const channel = this.$remote.queryInterface(descriptor.iid);
    const late = channel instanceof Promise ? new LateChannel(channel) : channel;
    return proxyPointer<ProxyPointer>(this.$remote, descriptor, late, this.$detector);
  }

  override QueryInterface<T extends IUnknown>(iface: Interface<T>, options?: CallOptions): Awaitable<T> {
    this.$check("QueryInterface");
    if (iface.iid === IID_IUnknown || iface.iid === this.$descriptor.iid) {
      return proxyPointer(this.$remote, iface, this.$channel, this.$detector);
    }
    const channel = ownFacet(this, iface) ?? this.$remote.queryInterface(iface.iid, options);
    if (!(channel instanceof Promise)) return proxyPointer(this.$remote, iface, channel, this.$detector);
    // Someone must hold the object until the answer is here.
    this.$remote.hold();
    return channel
      .then((found) => proxyPointer(this.$remote, iface, found, this.$detector))
      .finally(() => this.$remote.unhold());
  }
}

/** A channel whose interface is still being asked for. */
export class LateChannel implements Channel {
  readonly #coming: Promise<Channel>;
  #channel: Channel | undefined;

  constructor(coming: Promise<Channel>) {
    this.#coming = coming;
    coming.then(
      (channel) => (this.#channel = channel),
      () => undefined,
    );
  }

  invoke(...call: Parameters<Channel["invoke"]>): Promise<unknown> {
    if (this.#channel !== undefined) return this.#channel.invoke(...call);
    return this.#coming.then((channel) => channel.invoke(...call));
  }

  close(): void {
    this.#coming.then(
      (channel) => channel.close?.(),
      () => undefined,
    );
  }
}

type ProxyClass = new (
  remote: RemoteObject,
  channel: Channel,
  leaks: LeakDetector | undefined,
) => ProxyPointer;

const classes = new WeakMap<InterfaceDescriptor, ProxyClass>();

/**
 * A new handle to an interface of a remote object, reached through `channel` (for marshalers). The caller owns it; it holds the remote object until
 * it is released.
 */
export function proxyPointer<T>(
  remote: RemoteObject,
  iface: Interface<T>,
  channel: Channel,
  leaks?: LeakDetector,
): T {
  let made = classes.get(iface);
  if (made === undefined) classes.set(iface, (made = generate(iface)));
  return new made(remote, channel, leaks) as unknown as T;
}

/** The interface proxy: a class generated once per interface, its codecs compiled at a method's first call. */
function generate(descriptor: InterfaceDescriptor): ProxyClass {
  const methods: MethodDescriptor[] = [];
  const codecs: MethodCodec[] = [];
  const body: string[] = [];
  for (const method of allMethods(descriptor)) {
    if (!isMember(method.name)) continue;
    const at = methods.push(method) - 1;
    body.push(memberSource(method, at));
  }
  const source = `"use strict";
const { ProxyPointer, thread, refuse, codec, codecs, outgoing, cancellation, filtered, callOwn } = env;
return class extends ProxyPointer {
${body.join("\n")}
};`;
  const codec = (at: number): MethodCodec => (codecs[at] = wireCodec(descriptor, methods[at]));
  // oxlint-disable-next-line typescript/no-implied-eval -- one class per interface
  const made = new Function("env", source)({
    ProxyPointer,
    thread,
    refuse,
    codec,
    codecs,
    outgoing,
    cancellation,
    filtered,
    callOwn,
  }) as ProxyClass;
  Object.defineProperty(made, "name", { value: descriptor.name });
  Object.defineProperty(made.prototype, "$descriptor", { value: descriptor });
  return made;
}

function memberSource(method: MethodDescriptor, at: number): string {
  const name = JSON.stringify(method.name);
  if (method.local === true && method.params.length === 0) {
    return `  [${name}](...args) {
    if (this.$home !== thread.current) refuse(this, ${name});
    return callOwn(this, ${name}, args);
  }`;
  }
  const args = method.params.filter((param) => param.in).map((_, index) => `a${index}`);
  return `  [${name}](${[...args, "options"].join(", ")}) {
    if (this.$home !== thread.current) refuse(this, ${name});
    if (outgoing.filter !== undefined || cancellation.enabled > 0) return filtered(this, codecs[${at}] ?? codec(${at}), ${method.opnum}, [${args.join(", ")}], options);
    return this.$channel.invoke(codecs[${at}] ?? codec(${at}), ${method.opnum}, [${args.join(", ")}], options);
  }`;
}

/** A call that the apartment's message filter watches over, or that may be cancelled from outside. */
function filtered(
  pointer: ProxyPointer,
  codec: MethodCodec,
  opnum: number,
  args: readonly unknown[],
  options: CallOptions | undefined,
): Promise<unknown> {
  const send = (watched: CallOptions | undefined): Promise<unknown> =>
    pointer.$channel.invoke(codec, opnum, args, watched);
  if (outgoing.filter === undefined) return cancellable(options, send);
  const call = (given: CallOptions | undefined): Promise<unknown> =>
    outgoing.call(pointer.$remote.identity, given, send);
  return cancellation.enabled > 0 ? cancellable(options, call) : call(options);
}

function wireCodec(descriptor: InterfaceDescriptor, method: MethodDescriptor | undefined): MethodCodec {
  if (method === undefined || method.local === true) {
    throw new ComError(
      HResult.E_NOTIMPL,
      `${descriptor.name}.${method?.name ?? "?"} is local: it cannot be called from another apartment`,
    );
  }
  if (method.opnum < 0) {
    throw new ComError(
      HResult.E_NOTIMPL,
      `${descriptor.name}.${method.name} is a member of a dispinterface: it is called by its DISPID (dispatchAs)`,
    );
  }
  return methodCodec(method);
}
