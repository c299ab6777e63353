import { ComError, HResult } from "../../base/index.ts";
import { type CallContext, getCallContext } from "../call-context.ts";
import { IServerSecurity } from "../gen/objidl.ts";
import { implement } from "../interfaces.ts";
import { pointerTo } from "../pointers.ts";
import { beginActing, endActing, isActing } from "../security/acting.ts";

/** RPC_C_AUTHN_WINNT, RPC_C_AUTHN_NONE. */
const ntlm = 10;
const none = 0;

/** Who calls, in the words of IServerSecurity. */
class ServerSecurity {
  readonly #context: CallContext;

  constructor(context: CallContext) {
    this.#context = context;
  }

  QueryBlanket(): {
    pAuthnSvc: number;
    pAuthzSvc: number;
    pServerPrincName: null;
    pAuthnLevel: number;
    pImpLevel: number;
    pPrivs: string | null;
    pCapabilities: number;
  } {
    const { caller, authenticationLevel, impersonationLevel } = this.#context;
    return {
      pAuthnSvc: caller === undefined ? none : ntlm,
      pAuthzSvc: 0,
      pServerPrincName: null,
      pAuthnLevel: authenticationLevel,
      pImpLevel: impersonationLevel,
      pPrivs: caller === undefined ? null : `${caller.domain}\\${caller.user}`,
      pCapabilities: 0,
    };
  }

  /** Acts for the client in everything Comity checks, until RevertToSelf or the end of the call. */
  ImpersonateClient(): void {
    beginActing(this.#context);
  }

  RevertToSelf(): void {
    endActing(this.#context);
  }

  IsImpersonating(): number {
    return Number(isActing(this.#context));
  }
}
implement(ServerSecurity, IServerSecurity);

/**
 * The security of the call being served (CoGetCallContext for IServerSecurity); {@link getCallContext} says the same with names. The caller owns the
 * pointer. Throws E_UNEXPECTED outside of a call.
 */
export function getServerSecurity(context: CallContext | undefined = getCallContext()): IServerSecurity {
  return pointerTo(new ServerSecurity(served(context)), IServerSecurity);
}

/**
 * Acts for the client of the call being served in everything Comity checks: keys of the registry, running objects, activation (CoImpersonateClient). Over
 * `await`, until the answer is disposed (CoRevertToSelf) or the call is over. After a method's first `await` the context must be given, taken before.
 * Throws E_UNEXPECTED outside of a call.
 */
export function impersonateClient(context: CallContext | undefined = getCallContext()): Disposable {
  const call = served(context);
  beginActing(call);
  return { [Symbol.dispose]: () => endActing(call) };
}

function served(context: CallContext | undefined): CallContext {
  if (context !== undefined) return context;
  throw new ComError(HResult.E_UNEXPECTED, "no call is being served here");
}
