import { ComError, HResult } from "../../../base/index.ts";
import {
  type InterfaceDescriptor,
  type MethodCodec,
  type MethodDescriptor,
  allMethods,
  methodCodec,
  plainContext,
} from "../../../ndr/index.ts";
import { type Dispatcher, ENCODINGS, type ServerCall } from "../../../rpc/index.ts";
import type { ActivationOrigin } from "../gates.ts";

/** Answers one method: the [in] parameters in order, and the caller. `hresult` of the answer is the method's HRESULT. */
export type WireHandler = (args: readonly unknown[], caller: WireCaller) => WireAnswer | Promise<WireAnswer>;

export interface WireAnswer {
  /** What the method's TypeScript type returns. */
  readonly result: unknown;
  /** For methods that return HRESULT; S_OK when absent. */
  readonly hresult?: number;
}

/** Who called, kept beyond the call object's life. */
export interface WireCaller {
  readonly origin: ActivationOrigin;
  /** The address of this machine the call came in on. */
  readonly local: string;
}

interface Served {
  readonly codec: MethodCodec;
  readonly handler: WireHandler;
}

/** Serves an RPC interface of the resolver by functions. Anybody may call: each handler has its own gates. */
export function dispatcherOf(
  descriptor: InterfaceDescriptor,
  handlers: Readonly<Record<string, WireHandler>>,
): Dispatcher {
  const methods = new Map<number, Served>();
  for (const method of allMethods(descriptor)) {
    const handler = handlers[method.name];
    if (handler !== undefined) methods.set(method.opnum, { codec: methodCodec(method), handler });
  }
  return {
    operations: operationsOf(allMethods(descriptor)),
    minimumLevel: 1,
    transferSyntaxes: ENCODINGS,
    async dispatch(call) {
      const served = methods.get(call.opnum);
      if (served === undefined) {
        throw new ComError(
          HResult.RPC_S_PROCNUM_OUT_OF_RANGE,
          `${descriptor.name} has no operation ${call.opnum}`,
        );
      }
      await answer(call, served);
    },
  };
}

function operationsOf(methods: readonly MethodDescriptor[]): number {
  return methods.reduce((most, { opnum }) => Math.max(most, opnum + 1), 0);
}

async function answer(call: ServerCall, { codec: inNdr20, handler }: Served): Promise<void> {
  const codec = call.ndr64 ? inNdr20.ndr64 : inNdr20;
  // Views of the packet among the arguments are valid until the handler first waits.
  const args = codec.decodeRequest(call.reader, plainContext);
  const caller = callerOf(call);
  const { result, hresult } = await handler(args, caller);
  const writer = call.beginResponse();
  try {
    codec.encodeResponse(writer, args, result, hresult ?? HResult.S_OK, plainContext);
  } catch (error) {
    call.abandonResponse();
    throw error;
  }
  call.endResponse();
}

function callerOf(call: ServerCall): WireCaller {
  const { identity, level, connection } = call;
  const named = identity === undefined || identity.anonymous ? undefined : identity;
  const account = named === undefined ? undefined : accountOf(named.domain, named.account);
  return {
    origin: {
      account,
      ...(named?.sid === undefined ? {} : { sid: named.sid }),
      local: false,
      authenticationLevel: level,
      from: connection.remote,
    },
    local: connection.local,
  };
}

function accountOf(domain: string, account: string): string {
  return domain === "" ? account : `${domain}\\${account}`;
}
