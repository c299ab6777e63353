import { ComError, failed } from "../../base/index.ts";
import {
  type CallOptions,
  type Interface,
  type MarshalContext,
  type MethodDescriptor,
  allMethods,
  methodCodec,
  ndr20,
  ndr64,
  plainContext,
} from "../../ndr/index.ts";
import type { Binding } from "../client/binding.ts";

type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * The methods of an interface as functions that call over `binding`: raw RPC, no object references unless `context` makes them. Each method takes
 * its [in] parameters and then {@link CallOptions}; its promise rejects as {@link Binding.send} says, and with the HRESULT of a method that
 * returned a failure.
 */
export function bindInterface<T>(
  descriptor: Interface<T>,
  binding: Binding,
  context: MarshalContext = plainContext,
): T {
  const methods: Record<string, Method> = {};
  for (const method of allMethods(descriptor)) {
    if (method.local !== true) methods[method.name] = caller(descriptor.name, method, binding, context);
  }
  return methods as T;
}

function caller(title: string, method: MethodDescriptor, binding: Binding, context: MarshalContext): Method {
  const codec = methodCodec(method, binding.ndr64 ? ndr64 : ndr20);
  const where = `${title}.${method.name}`;
  return (...args) => {
    const options = args[codec.inputs] as CallOptions | undefined;
    const writer = binding.begin(method.opnum, undefined);
    try {
      codec.encodeRequest(writer, args, context);
    } catch (error) {
      binding.abandon();
      return Promise.reject(ComError.from(error));
    }
    const status = options?.status ?? { code: 0 };
    const decode = (reader: Parameters<typeof codec.decodeResponse>[0]): unknown => {
      const result = codec.decodeResponse(reader, args, context, status);
      if (failed(status.code))
        throw new ComError(status.code, undefined, { remote: true, where, outputs: result });
      return result;
    };
    return binding.send({ decode }, options);
  };
}
