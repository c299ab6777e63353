import type { AuthenticationLevel } from "../../auth/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import {
  type Interface,
  type MarshalContext,
  type MethodCodec,
  type MethodDescriptor,
  allMethods,
  methodCodec,
  plainContext,
} from "../../ndr/index.ts";
import { ENCODINGS, type SyntaxId } from "../pdu/syntax.ts";
import type { Dispatcher, ServerCall } from "../server/dispatcher.ts";

export interface ServeOptions {
  /** Least authentication level; default: the server's. */
  readonly minimumLevel?: AuthenticationLevel;
  /** Encodings taken, the preferred one first; leave NDR64 out to refuse it. Default: NDR 2.0, NDR64. */
  readonly transferSyntaxes?: readonly SyntaxId[];
  /** Makes and reads object references; default: none are allowed. */
  readonly context?: MarshalContext;
}

interface Served {
  readonly method: MethodDescriptor;
  readonly codec: MethodCodec;
}

type Target = Record<string, (...args: unknown[]) => unknown>;

/**
 * Serves an interface with an object that has its methods, or with a function that gives one per call (to know who calls). What a method
 * throws is its HRESULT if it returns one, else a fault.
 */
export function serveInterface<T>(
  descriptor: Interface<T>,
  implementation: T | ((call: ServerCall) => T),
  options: ServeOptions = {},
): Dispatcher {
  const table: Served[] = [];
  for (const method of allMethods(descriptor)) {
    if (method.local !== true) table[method.opnum] = { method, codec: methodCodec(method) };
  }
  const context = options.context ?? plainContext;
  const targetFor = (call: ServerCall): Target =>
    (isPerCall(implementation) ? implementation(call) : implementation) as Target;
  return {
    operations: table.length,
    transferSyntaxes: options.transferSyntaxes ?? ENCODINGS,
    ...(options.minimumLevel === undefined ? {} : { minimumLevel: options.minimumLevel }),
    dispatch(call) {
      const served = table[call.opnum];
      if (served === undefined) {
        throw new ComError(
          HResult.RPC_S_PROCNUM_OUT_OF_RANGE,
          `${descriptor.name} has no operation ${call.opnum}`,
        );
      }
      const { method, codec } = served;
      const encoded = call.ndr64 ? { method, codec: codec.ndr64 } : served;
      return invoke(call, encoded, targetFor(call), context);
    },
  };
}

function isPerCall<T>(
  implementation: T | ((call: ServerCall) => T),
): implementation is (call: ServerCall) => T {
  return typeof implementation === "function";
}

function invoke(
  call: ServerCall,
  { method, codec }: Served,
  target: Target,
  context: MarshalContext,
): void | Promise<void> {
  const args = codec.decodeRequest(call.reader, context);
  const implementation = target[method.name];
  if (implementation === undefined)
    throw new ComError(HResult.E_NOTIMPL, `${method.name} is not implemented`);
  let result: unknown;
  try {
    result = implementation.apply(target, args);
  } catch (error) {
    answerFailure(call, method, codec, args, error, context);
    return;
  }
  if (!(result instanceof Promise)) {
    answer(call, codec, args, result, 0, context);
    return;
  }
  call.retain();
  return result.then(
    (value) => answer(call, codec, args, value, 0, context),
    (error: unknown) => answerFailure(call, method, codec, args, error, context),
  );
}

function answer(
  call: ServerCall,
  codec: MethodCodec,
  args: readonly unknown[],
  result: unknown,
  status: number,
  context: MarshalContext,
): void {
  const writer = call.beginResponse();
  try {
    codec.encodeResponse(writer, args, result, status, context);
  } catch (error) {
    call.abandonResponse();
    throw error;
  }
  call.endResponse();
}

/** A method that returns an HRESULT answers with it; any other fails as a call. */
function answerFailure(
  call: ServerCall,
  method: MethodDescriptor,
  codec: MethodCodec,
  args: readonly unknown[],
  error: unknown,
  context: MarshalContext,
): void {
  const { returns } = method;
  if (!(error instanceof ComError) || returns.kind !== "base" || returns.name !== "hresult") throw error;
  answer(call, codec, args, undefined, error.code, context);
}
