import { ComError, type Guid, HResult, hresultFromWin32 } from "../../base/index.ts";
import { type CallOptions, plainContext } from "../../ndr/index.ts";
import type { Binding, SyntaxId } from "../../rpc/index.ts";
import type { ComVersion } from "../com-version.ts";
import { type DualStringArray, type NdrDualStringArray, TowerId, fromNdr } from "../dual-string-array.ts";
import { IObjectExporter } from "../gen/dcom.ts";
import type { PingTransport } from "../ping/ping-client.ts";
import type { ComplexPingResult } from "../ping/ping-table.ts";
import { ResolverStatus } from "../ping/status.ts";
import type { Oid, Oxid, ResolvedOxid } from "../resolver-contract.ts";
import { methodByName } from "./known-method.ts";
import type { Connections } from "./connections.ts";
import { type AddressChoice, endpointsOf, resolverPort } from "./endpoints.ts";
import { type CallSecurity, bindingSecurity, unprotected } from "./security.ts";

const syntax: SyntaxId = { uuid: IObjectExporter.iid, version: [0, 0] };

/** What a machine says about its resolver (the reply of ServerAlive2). */
export interface ResolverInfo {
  readonly version: ComVersion;
  readonly bindings: DualStringArray;
}

/** Asks the resolvers of other machines: IObjectExporter's client side ([MS-DCOM] 3.2.5). */
export class ResolverClient implements PingTransport {
  readonly #connections: Connections;
  readonly #security: CallSecurity;
  readonly #choices = new WeakMap<DualStringArray, AddressChoice>();

  /** `security`: none by default; resolvers answer anonymous callers, as Windows' do. */
  constructor(connections: Connections, security: CallSecurity = unprotected) {
    this.#connections = connections;
    this.#security = security;
  }

  /** Remembers how the resolver behind these bindings is reached, for pings. */
  choose(resolver: DualStringArray, choice: AddressChoice): void {
    this.#choices.set(resolver, choice);
  }

  /** Where an exporter is: ResolveOxid2, or ResolveOxid when the server is older. Rejects with OR_INVALID_OXID when it is gone. */
  async resolve(
    resolver: DualStringArray,
    oxid: Oxid,
    choice: AddressChoice,
    options?: CallOptions,
  ): Promise<ResolvedOxid> {
    const reply = (await this.#call(
      resolver,
      choice,
      "ResolveOxid2",
      [oxid, 1, Uint16Array.of(TowerId.tcp)],
      options,
    )) as {
      ppdsaOxidBindings: NdrDualStringArray | null;
      pipidRemUnknown: Guid;
      pAuthnHint: number;
      pComVersion: { MajorVersion: number; MinorVersion: number };
      returnValue: number;
    };
    checkStatus(reply.returnValue, "ResolveOxid2");
    if (reply.ppdsaOxidBindings === null) {
      throw new ComError(HResult.RPC_E_INVALID_DATA, "the resolver named no bindings", { remote: true });
    }
    return {
      bindings: fromNdr(reply.ppdsaOxidBindings),
      ipidRemUnknown: reply.pipidRemUnknown,
      authenticationHint: reply.pAuthnHint,
      version: { major: reply.pComVersion.MajorVersion, minor: reply.pComVersion.MinorVersion },
    };
  }

  /** Who answers there: version and bindings ([MS-DCOM] 3.1.2.5.1.6). */
  async serverAlive2(
    resolver: DualStringArray,
    choice: AddressChoice,
    options?: CallOptions,
  ): Promise<ResolverInfo> {
    const reply = (await this.#call(resolver, choice, "ServerAlive2", [], options)) as {
      pComVersion: { MajorVersion: number; MinorVersion: number };
      ppdsaOrBindings: NdrDualStringArray | null;
      returnValue: number;
    };
    checkStatus(reply.returnValue, "ServerAlive2");
    const { pComVersion: version, ppdsaOrBindings } = reply;
    return {
      version: { major: version.MajorVersion, minor: version.MinorVersion },
      bindings: ppdsaOrBindings === null ? { strings: [], security: [] } : fromNdr(ppdsaOrBindings),
    };
  }

  async simplePing(resolver: DualStringArray, setId: bigint): Promise<number> {
    return (await this.#call(resolver, this.#choiceOf(resolver), "SimplePing", [setId])) as number;
  }

  async complexPing(
    resolver: DualStringArray,
    setId: bigint,
    sequence: number,
    added: readonly Oid[],
    dropped: readonly Oid[],
  ): Promise<ComplexPingResult> {
    const args = [setId, sequence, added.length, dropped.length, listOrNull(added), listOrNull(dropped)];
    const reply = (await this.#call(resolver, this.#choiceOf(resolver), "ComplexPing", args)) as {
      pSetId: bigint;
      returnValue: number;
    };
    return { setId: reply.pSetId, status: reply.returnValue };
  }

  #choiceOf(resolver: DualStringArray): AddressChoice {
    return this.#choices.get(resolver) ?? {};
  }

  async #call(
    resolver: DualStringArray,
    choice: AddressChoice,
    method: string,
    args: readonly unknown[],
    options?: CallOptions,
  ): Promise<unknown> {
    const known = methodByName(IObjectExporter, method);
    const endpoints = endpointsOf(resolver, choice, resolverPort);
    const line = await this.#connections.acquire(endpoints, this.#security, options?.signal);
    try {
      const binding: Binding = await line.association.bind(
        syntax,
        bindingSecurity(this.#security, undefined),
      );
      const status = { code: 0 };
      const codec = binding.ndr64 ? known.codec.ndr64 : known.codec;
      return await binding.call(
        known.opnum,
        undefined,
        (writer) => codec.encodeRequest(writer, args, plainContext),
        (reader) => codec.decodeResponse(reader, args, plainContext, status),
        options,
      );
    } finally {
      this.#connections.release(line);
    }
  }
}

function listOrNull(oids: readonly Oid[]): BigUint64Array | null {
  return oids.length === 0 ? null : BigUint64Array.from(oids);
}

function checkStatus(status: number, where: string): void {
  if (status === ResolverStatus.ok) return;
  const names: Readonly<Record<number, string>> = {
    [ResolverStatus.invalidOxid]:
      "the resolver does not know the exporter: its process is gone (OR_INVALID_OXID)",
    [ResolverStatus.accessDenied]: "the resolver refused to answer",
  };
  throw new ComError(hresultFromWin32(status), names[status] ?? "the resolver answered with an error", {
    remote: true,
    where,
  });
}
