import { ComError, HResult } from "../../base/index.ts";
import type { CallOptions, InterfaceDescriptor, MethodDescriptor } from "../../ndr/index.ts";
import { callProvided } from "../provided.ts";
import { StatusResult } from "../status.ts";
import { Pointer } from "./base.ts";
import type { DirectPointer } from "./direct.ts";
import { giveBack } from "./give-back.ts";
import type { MethodMapper, Replace, Scope } from "./mapper.ts";

/** What the general way of calling one method within the apartment needs to know. */
export interface CallPlan {
  readonly descriptor: InterfaceDescriptor;
  readonly method: MethodDescriptor;
  readonly mapper: MethodMapper | undefined;
  /** Makes a pointer of an implementation object where an interface pointer belongs, and gives a returned pointer to the caller. */
  readonly wrap: Wrap;
}

interface Wrap {
  /** The object as a pointer to `iid`; one that had to be made is added to `made`. Without `made` it is a result. */
  (value: object, iid: string | undefined, made: Disposable[] | undefined): unknown;
}

/** A thrown value as the ComError the caller sees. */
export function failure(pointer: DirectPointer, member: string, error: unknown): ComError {
  if (error instanceof ComError) return error;
  const known = ComError.from(error, HResult.RPC_E_SERVERFAULT);
  return new ComError(known.code, known.info.description, {
    cause: error,
    where: `${pointer.$descriptor.name}.${member}`,
  });
}

/** A result that is not a plain number, string or the like: a promise, or a value with a status. */
export function settle(pointer: DirectPointer, member: string, result: unknown): unknown {
  if (result instanceof StatusResult) return result.value;
  if (!isThenable(result)) return result;
  return result.then(
    (value) => (value instanceof StatusResult ? value.value : value),
    (error: unknown) => {
      throw failure(pointer, member, error);
    },
  );
}

/** A [local] method: its arguments and its result are between the two. */
export function callLocal(pointer: DirectPointer, plan: CallPlan, args: readonly unknown[]): unknown {
  try {
    return settle(pointer, plan.method.name, callTarget(pointer, plan, args, undefined));
  } catch (error) {
    throw failure(pointer, plan.method.name, error);
  }
}

/** The general way: with call options, interface pointers among the values, or a method the runtime provides. */
export function callPlanned(
  pointer: DirectPointer,
  plan: CallPlan,
  args: readonly unknown[],
  options: CallOptions | undefined,
): unknown {
  const member = plan.method.name;
  if (options?.signal?.aborted === true) throw canceled(pointer, member);
  const made: Disposable[] = [];
  let result: unknown;
  try {
    result = callTarget(pointer, plan, mapInputs(plan, args, made), options);
    if (!isThenable(result)) return finish(plan, args, result, options);
  } catch (error) {
    throw failure(pointer, member, error);
  } finally {
    // What was made for the call's arguments ends with the call; an implementation that keeps a pointer takes a reference.
    if (!isThenable(result)) disposeAll(made);
  }
  const settled = result.then(
    (value) => finish(plan, args, value, pointer.$target instanceof Pointer ? undefined : options),
    (error: unknown) => {
      throw failure(pointer, member, error);
    },
  );
  const ended = settled.finally(() => disposeAll(made));
  return options?.signal === undefined && options?.timeout === undefined
    ? ended
    : limited(pointer, member, ended, options);
}

function callTarget(
  pointer: DirectPointer,
  plan: CallPlan,
  args: readonly unknown[],
  options: CallOptions | undefined,
): unknown {
  const target = pointer.$target as Record<string, unknown>;
  const own = target[plan.method.name];
  if (typeof own === "function") {
    // A proxy within an aggregate takes the options along.
    return Reflect.apply(own, target, target instanceof Pointer ? [...args, options] : args);
  }
  return callProvided(pointer.$identity, target, plan.descriptor, plan.method, args);
}

function mapInputs(plan: CallPlan, args: readonly unknown[], made: Disposable[]): readonly unknown[] {
  const { mapper } = plan;
  if (mapper === undefined) return args;
  const scope = scopeOf(mapper, args);
  const replace: Replace = (value, iid) => plan.wrap(value, iid, made);
  return args.map((value, index) => mapper.inputs[index]?.(value, replace, scope) ?? value);
}

function finish(
  plan: CallPlan,
  args: readonly unknown[],
  result: unknown,
  options: CallOptions | undefined,
): unknown {
  const wrapped = result instanceof StatusResult ? result : undefined;
  if (options?.status !== undefined) options.status.code = wrapped?.code ?? HResult.S_OK;
  const value = wrapped === undefined ? result : wrapped.value;
  const { mapper } = plan;
  if (mapper?.output === undefined) return value;
  const lent = mapper.returned.map((index) => args[index]);
  const give: Replace = (pointer, iid) =>
    lent.includes(pointer) ? pointer : plan.wrap(pointer, iid, undefined);
  return mapper.output(value, give, scopeOf(mapper, args));
}

function scopeOf(mapper: MethodMapper, args: readonly unknown[]): Scope {
  return (name) => args[mapper.inputNames.indexOf(name)];
}

function limited(
  pointer: DirectPointer,
  member: string,
  work: Promise<unknown>,
  options: CallOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { signal, timeout } = options;
    let over = false;
    const stop = (): void => {
      over = true;
      signal?.removeEventListener("abort", onAbort);
      clearTimeout(timer);
    };
    const onAbort = (): void => {
      stop();
      reject(canceled(pointer, member));
    };
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => {
            stop();
            reject(new ComError(HResult.RPC_E_TIMEOUT, undefined, { where: whereOf(pointer, member) }));
          }, timeout);
    signal?.addEventListener("abort", onAbort, { once: true });
    // What comes too late is nobody's.
    const come = (value: unknown): void => (over ? giveBack(value) : resolve(value));
    work.then(come, reject).finally(stop);
  });
}

function canceled(pointer: DirectPointer, member: string): ComError {
  return new ComError(HResult.RPC_E_CALL_CANCELED, "the call was canceled", {
    where: whereOf(pointer, member),
  });
}

function whereOf(pointer: DirectPointer, member: string): string {
  return `${pointer.$descriptor.name}.${member}`;
}

function disposeAll(list: readonly Disposable[]): void {
  for (const one of list) one[Symbol.dispose]();
}

export function isThenable(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
