import { type AuthenticationLevel, type ImpersonationLevelValue, ntlmClient } from "../../auth/index.ts";
import { ComError, type Guid, HResult } from "../../base/index.ts";
import {
  type Channel,
  type IUnknown,
  type ProxySettings,
  type SecurityBlanket,
  type SecurityWish,
  contractOf,
  proxyPointer,
} from "../../com/index.ts";
import type { CallOptions, MethodCodec } from "../../ndr/index.ts";
import type { RemoteReference } from "./remote-object.ts";
import type { CallSecurity } from "./security.ts";

/** Another way for the calls of an interface: the same object, seen with another security. */
export interface Detour {
  readonly channel: Channel;
  readonly security: CallSecurity;
  /** Holds the object by its other reference. */
  readonly reference: RemoteReference;
}

/** A channel whose calls may be sent another way. */
export interface Redirectable extends Channel {
  detour: Detour | undefined;
}

/** The channel of a copied proxy: as the one it was copied from, until it has a blanket of its own. */
class CopiedChannel implements Redirectable {
  detour: Detour | undefined;
  readonly #from: Channel;

  constructor(from: Channel, detour: Detour | undefined) {
    this.#from = from;
    this.detour = detour;
    detour?.reference.hold();
  }

  invoke(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    return (this.detour?.channel ?? this.#from).invoke(codec, opnum, args, options);
  }
}

interface ProxyParts {
  readonly $channel: Channel;
  readonly $descriptor: { readonly iid: Guid };
}

/** Call options and security of the proxies of one object (IRpcOptions, IClientSecurity). */
export class RemoteSettings implements ProxySettings {
  readonly #object: RemoteReference;
  readonly #copies = new Set<CopiedChannel>();
  readonly #redirected = new Set<Redirectable>();

  constructor(object: RemoteReference) {
    this.#object = object;
  }

  get timeout(): number | undefined {
    return this.#object.timeout;
  }

  set timeout(value: number | undefined) {
    this.#object.timeout = value;
  }

  get locality(): 0 | 1 | 2 {
    return this.#object.exporter.nearby ? 1 : 2;
  }

  blanket(proxy: IUnknown): SecurityBlanket {
    const { mechanism, level, impersonation } = this.#security(proxy);
    return {
      authenticationService: mechanism?.service ?? 0,
      authenticationLevel: level,
      impersonationLevel: impersonation ?? 2,
    };
  }

  async setBlanket(proxy: IUnknown, wish: SecurityWish): Promise<void> {
    const { iid } = (proxy as unknown as ProxyParts).$descriptor;
    const security = changed(this.#security(proxy), wish);
    const { exporter } = this.#object;
    const channel = this.#channel(proxy);
    this.#object.hold();
    try {
      const std = await this.#object.passOnWhenReady(iid);
      const reference = exporter.seenWith(security).receive(iid, std);
      reference.hold();
      const before = channel.detour;
      channel.detour = { channel: reference.wire(iid), security, reference };
      before?.reference.unhold();
      this.#redirected.add(channel);
    } finally {
      this.#object.unhold();
    }
  }

  copy(proxy: IUnknown): IUnknown {
    const { $descriptor, $channel } = proxy as unknown as ProxyParts;
    const from = this.#channel(proxy);
    const copied = new CopiedChannel($channel, from.detour);
    this.#copies.add(copied);
    if (copied.detour !== undefined) this.#redirected.add(copied);
    return proxyPointer(this.#object, contractOf($descriptor.iid), copied);
  }

  get marshal(): object {
    return this.#object.exporter.marshaling.standardMarshal(this.#object);
  }

  /** The last handle to the object went. */
  close(): void {
    for (const channel of this.#redirected) {
      channel.detour?.reference.unhold();
      channel.detour = undefined;
    }
    this.#redirected.clear();
    this.#copies.clear();
  }

  #security(proxy: IUnknown): CallSecurity {
    return this.#channel(proxy).detour?.security ?? this.#object.exporter.origin.security;
  }

  #channel(proxy: IUnknown): Redirectable {
    const { $descriptor, $channel } = proxy as unknown as ProxyParts;
    return $channel instanceof CopiedChannel ? $channel : this.#object.wire($descriptor.iid);
  }
}

/** What is wished for, over what there is. */
function changed(security: CallSecurity, wish: SecurityWish): CallSecurity {
  const { credentials, authenticationLevel, impersonationLevel } = wish;
  if (authenticationLevel !== undefined && !within(authenticationLevel, 6)) {
    throw new ComError(HResult.E_INVALIDARG, `${authenticationLevel} is no authentication level (1 to 6)`);
  }
  if (impersonationLevel !== undefined && !within(impersonationLevel, 4)) {
    throw new ComError(HResult.E_INVALIDARG, `${impersonationLevel} is no impersonation level (1 to 4)`);
  }
  const mechanism = credentials === undefined ? security.mechanism : ntlmClient(credentials);
  const level = (authenticationLevel ?? security.level) as AuthenticationLevel;
  const impersonation = (impersonationLevel ?? security.impersonation ?? 2) as ImpersonationLevelValue;
  return { ...(mechanism && { mechanism }), level, impersonation };
}

function within(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}
