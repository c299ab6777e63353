import { ComError, HResult } from "../../base/index.ts";
import { type CallContext, getCallContext } from "../call-context.ts";
import { IServerSecurity } from "../gen/objidl.ts";
import { implement } from "../interfaces.ts";
import { pointerTo } from "../pointers.ts";

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

  ImpersonateClient(): never {
    throw new ComError(HResult.E_NOTIMPL, "a process of Node.js has one user: nobody can be impersonated");
  }

  /** Nobody is impersonated: nothing to take back. */
  RevertToSelf(): void {}

  IsImpersonating(): number {
    return 0;
  }
}
implement(ServerSecurity, IServerSecurity);

/**
 * The security of the call being served (CoGetCallContext for IServerSecurity); {@link getCallContext} says the same with names. The caller owns the
 * pointer. Throws E_UNEXPECTED outside of a call.
 */
export function getServerSecurity(context: CallContext | undefined = getCallContext()): IServerSecurity {
  if (context === undefined) throw new ComError(HResult.E_UNEXPECTED, "no call is being served here");
  return pointerTo(new ServerSecurity(context), IServerSecurity);
}
