import { ComError, HResult } from "../../base/index.ts";
import {
  type Awaitable,
  type InterfaceDescriptor,
  type MethodCodec,
  type MethodDescriptor,
  allMethods,
  methodCodec,
} from "../../ndr/index.ts";
import { thread } from "../apartment.ts";
import type { IUnknown } from "../unknown.ts";
import { Pointer, refuse } from "./base.ts";
import { isThenable } from "./call.ts";
import { isMember } from "./direct.ts";
import { ProxyPointer } from "./proxy.ts";

/** An interface whose methods answer values, not promises. */
export type Synchronous<T> = Disposable & {
  readonly [K in Exclude<keyof T, keyof IUnknown>]: T[K] extends (...args: infer A) => Awaitable<infer R>
    ? (...args: A) => R
    : never;
};

/** Holds a pointer of its own. */
abstract class SynchronousHandle implements Disposable {
  readonly $pointer: Pointer;

  constructor(pointer: Pointer) {
    this.$pointer = pointer;
  }

  [Symbol.dispose](): void {
    this.$pointer[Symbol.dispose]();
  }
}

type HandleClass = new (pointer: Pointer) => SynchronousHandle;

const near = new WeakMap<InterfaceDescriptor, HandleClass>();
const far = new WeakMap<InterfaceDescriptor, HandleClass>();

/**
 * A form of a pointer whose methods answer values: the thread waits for the answer, without its event loop. For objects of this apartment and of other threads of
 * this process (E_NOTIMPL for all others). While it waits, calls of the same causality are served (call-backs into this thread work when they answer at
 * once), all others wait; timers, sockets and promises stand still, so give calls that may take long a `timeout`.
 *
 * A promise itself, since the way to the object may have to be found first. The caller owns the result; the pointer stays what it is.
 */
export async function synchronously<T extends IUnknown>(pointer: T): Promise<Synchronous<T>> {
  if (!(pointer instanceof Pointer)) {
    throw new ComError(HResult.E_INVALIDARG, "only an interface pointer can be called synchronously");
  }
  pointer.$check("synchronously");
  if (pointer instanceof ProxyPointer) {
    const { $channel: channel } = pointer;
    if (channel.prepare === undefined) {
      throw new ComError(HResult.E_NOTIMPL, "objects reached this way cannot be called synchronously");
    }
    await channel.prepare();
  }
  const classes = pointer instanceof ProxyPointer ? far : near;
  const descriptor = pointer.$descriptor;
  let made = classes.get(descriptor);
  if (made === undefined) classes.set(descriptor, (made = generate(descriptor, classes === far)));
  return new made(pointer.$again()) as unknown as Synchronous<T>;
}

/** One class an interface, as for proxies: every method a call site of its own. Names go into the source as string literals only. */
function generate(descriptor: InterfaceDescriptor, isFar: boolean): HandleClass {
  const methods: MethodDescriptor[] = [];
  const codecs: MethodCodec[] = [];
  const codec = (at: number): MethodCodec => (codecs[at] = methodCodec(methods[at] as MethodDescriptor));
  const body = allMethods(descriptor)
    .filter((method) => isMember(method.name) && method.local !== true)
    .map((method) => {
      const at = methods.push(method) - 1;
      const name = JSON.stringify(method.name);
      const args = method.params.filter((param) => param.in).map((_, index) => `a${index}`);
      const call = isFar
        ? `return pointer.$channel.invokeSynchronously(codecs[${at}] ?? codec(${at}), ${method.opnum}, [${args.join(", ")}], options);`
        : `return valueOf(pointer[${name}](${[...args, "options"].join(", ")}), ${name});`;
      return `  [${name}](${[...args, "options"].join(", ")}) {
    const pointer = this.$pointer;
    if (pointer.$home !== thread.current) refuse(pointer, ${name});
    ${call}
  }`;
    });
  const source = `"use strict";
const { SynchronousHandle, thread, refuse, codec, codecs, valueOf } = env;
return class extends SynchronousHandle {
${body.join("\n")}
};`;
  // oxlint-disable-next-line typescript/no-implied-eval -- one class per interface
  return new Function("env", source)({
    SynchronousHandle,
    thread,
    refuse,
    codec,
    codecs,
    valueOf,
  }) as HandleClass;
}

function valueOf(result: unknown, method: string): unknown {
  if (!isThenable(result)) return result;
  result.then(undefined, () => undefined);
  throw new ComError(
    HResult.E_UNEXPECTED,
    `${method} answers a promise: in its own thread it cannot be waited for`,
  );
}
