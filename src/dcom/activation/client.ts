import { ComError, type Guid, HResult, failed, newGuid } from "../../base/index.ts";
import { type CallOptions, type InterfaceDescriptor, plainContext } from "../../ndr/index.ts";
import type { Association, RpcEndpoint } from "../../rpc/index.ts";
import type { Connections } from "../client/connections.ts";
import { resolverPort, sameHost, splitAddress } from "../client/endpoints.ts";
import { methodByName } from "../client/known-method.ts";
import type { ResolverClient } from "../client/resolver-client.ts";
import { type CallSecurity, bindingSecurity } from "../client/security.ts";
import { type ComVersion, comVersion, lowestMinor, negotiate } from "../com-version.ts";
import { type DualStringArray, TowerId, fromNdr } from "../dual-string-array.ts";
import type { ActivationSource } from "../resolver-contract.ts";
import { decodeActivationBlob, encodeActivationBlob } from "./blob.ts";
import { IActivation, IRemoteSCMActivator, type ORPCTHIS } from "../gen/dcom.ts";
import { type WireActivated, readReply } from "./reply.ts";
import { type WireActivation, buildRequest, pointer } from "./request.ts";

/** What to activate on another machine. */
export interface RemoteActivationRequest {
  readonly clsid: Guid;
  readonly iids: readonly Guid[];
  readonly classObject: boolean;
  /** CLSCTX bits. */
  readonly context: number;
  /** What the instance is loaded from, there. */
  readonly source?: ActivationSource;
}

/** What came of it, and what was learned of the machine on the way. */
export interface RemoteActivated extends WireActivated {
  /** Where the machine's resolver answers, as reached. */
  readonly resolver: DualStringArray;
  /** The version to call the machine with. */
  readonly version: ComVersion;
}

type ScmReply = Awaited<ReturnType<IRemoteSCMActivator["RemoteCreateInstance"]>>;
type RemoteActivationReply = Awaited<ReturnType<IActivation["RemoteActivation"]>>;

const RPC_S_UNKNOWN_IF: number = HResult.RPC_S_UNKNOWN_IF;
const RPC_S_PROCNUM_OUT_OF_RANGE: number = HResult.RPC_S_PROCNUM_OUT_OF_RANGE;

/** Activates classes on other machines ([MS-DCOM] 3.2.4.1.1). */
export class RemoteActivationClient {
  readonly #connections: Connections;
  readonly #resolver: ResolverClient;
  readonly #versions = new Map<string, ComVersion>();

  constructor(connections: Connections, resolver: ResolverClient) {
    this.#connections = connections;
    this.#resolver = resolver;
  }

  forgetMachine(host: string): void {
    for (const machine of this.#versions.keys())
      if (sameHost(splitAddress(machine).host, host)) this.#versions.delete(machine);
  }

  /**
   * A class object or an instance on `machine` (`host`, or `host[port]` when its SCM does not listen on 135). The references in the OBJREFs are
   * the caller's. Rejects with a ComError that names the gate when the refusal tells which it was.
   */
  async activate(
    machine: string,
    request: RemoteActivationRequest,
    security: CallSecurity,
    options?: CallOptions,
  ): Promise<RemoteActivated> {
    const resolver: DualStringArray = { strings: [{ tower: TowerId.tcp, address: machine }], security: [] };
    const { host, endpoint = resolverPort } = splitAddress(machine);
    const version = await this.#versionOf(machine, resolver, options);
    const target = { protseq: "ncacn_ip_tcp", host, endpoint };
    try {
      const activated = await this.#call(target, request, version, security, options);
      return { ...activated, resolver, version: negotiate(activated.exporter.version) };
    } catch (error) {
      throw explain(error, machine, security);
    }
  }

  /** ServerAlive2 tells the version; a machine that does not know the call is of the first generation. */
  async #versionOf(machine: string, resolver: DualStringArray, options?: CallOptions): Promise<ComVersion> {
    const known = this.#versions.get(machine);
    if (known !== undefined) return known;
    let version: ComVersion;
    try {
      version = negotiate((await this.#resolver.serverAlive2(resolver, {}, options)).version);
    } catch (error) {
      if (ComError.from(error).code !== RPC_S_PROCNUM_OUT_OF_RANGE) throw error;
      version = { major: comVersion.major, minor: lowestMinor };
    }
    this.#versions.set(machine, version);
    return version;
  }

  async #call(
    endpoint: RpcEndpoint,
    request: RemoteActivationRequest,
    version: ComVersion,
    security: CallSecurity,
    options?: CallOptions,
  ): Promise<WireActivated> {
    const line = await this.#connections.acquire([endpoint], security, options?.signal);
    const call = new ActivationCall(
      line.association,
      endpoint.host ?? "",
      request,
      version,
      security,
      options,
    );
    try {
      return await call.throughScmActivator();
    } catch (error) {
      if (ComError.from(error).code !== RPC_S_UNKNOWN_IF) throw error;
      return await call.throughActivation();
    } finally {
      this.#connections.release(line);
    }
  }
}

/** One activation on one connection, by the newer interface or the older. */
class ActivationCall {
  readonly #association: Association;
  readonly #host: string;
  readonly #request: RemoteActivationRequest;
  readonly #version: ComVersion;
  readonly #security: CallSecurity;
  readonly #options: CallOptions | undefined;

  constructor(
    association: Association,
    host: string,
    request: RemoteActivationRequest,
    version: ComVersion,
    security: CallSecurity,
    options: CallOptions | undefined,
  ) {
    this.#association = association;
    this.#host = host;
    this.#request = request;
    this.#version = version;
    this.#security = security;
    this.#options = options;
  }

  async throughScmActivator(): Promise<WireActivated> {
    const properties = pointer(encodeActivationBlob(buildRequest(this.#wireRequest())));
    const { classObject } = this.#request;
    const reply = (await (classObject
      ? this.#invoke(IRemoteSCMActivator, "RemoteGetClassObject", [this.#head(), properties])
      : this.#invoke(IRemoteSCMActivator, "RemoteCreateInstance", [
          this.#head(),
          null,
          properties,
        ]))) as ScmReply;
    if (reply.ppActProperties === null) {
      throw new ComError(HResult.RPC_E_INVALID_DATA, "the machine answered an activation with nothing");
    }
    return readReply(decodeActivationBlob(reply.ppActProperties.abData));
  }

  async throughActivation(): Promise<WireActivated> {
    const { clsid, iids, classObject, source } = this.#request;
    const file = source !== undefined && "file" in source ? source.file : undefined;
    const storage = source !== undefined && "storage" in source ? pointer(source.storage) : null;
    const mode = classObject ? 0xffffffff : (file?.mode ?? 0);
    const impersonation = this.#security.impersonation ?? 2;
    const args = [
      this.#head(),
      clsid,
      file?.name ?? null,
      storage,
      impersonation,
      mode,
      iids.length,
      iids,
      1,
      Uint16Array.of(TowerId.tcp),
    ];
    const reply = (await this.#invoke(IActivation, "RemoteActivation", args)) as RemoteActivationReply;
    const failure = failed(reply.returnValue) ? reply.returnValue : reply.phr;
    if (failed(failure)) throw new ComError(failure, undefined, { remote: true, where: "RemoteActivation" });
    if (reply.ppdsaOxidBindings === null) {
      throw new ComError(HResult.RPC_E_INVALID_DATA, "the machine named no bindings of the object's process");
    }
    const { MajorVersion: major, MinorVersion: minor } = reply.pServerVersion;
    return {
      oxid: reply.pOxid,
      exporter: {
        bindings: fromNdr(reply.ppdsaOxidBindings),
        ipidRemUnknown: reply.pipidRemUnknown,
        authenticationHint: reply.pAuthnHint,
        version: { major, minor },
      },
      interfaces: iids.map((iid, i) => {
        const hresult = reply.pResults[i] ?? HResult.E_NOINTERFACE;
        const objref = reply.ppInterfaceData[i]?.abData;
        return objref === undefined
          ? { iid, hresult: failed(hresult) ? hresult : HResult.E_NOINTERFACE }
          : { iid, hresult, objref };
      }),
    };
  }

  #wireRequest(): WireActivation {
    const { clsid, iids, context, source } = this.#request;
    return {
      ...source,
      clsid,
      iids,
      context,
      version: this.#version,
      protocols: [TowerId.tcp],
      authenticationLevel: this.#security.level,
      impersonationLevel: this.#security.impersonation ?? 2,
      machine: this.#host,
    };
  }

  /** Activations carry flag 1 in their head, as Windows has it. */
  #head(): ORPCTHIS {
    const { major, minor } = this.#version;
    return {
      version: { MajorVersion: major, MinorVersion: minor },
      flags: 1,
      reserved1: 0,
      cid: newGuid(),
      extensions: null,
    };
  }

  async #invoke(descriptor: InterfaceDescriptor, name: string, args: readonly unknown[]): Promise<unknown> {
    const known = methodByName(descriptor, name);
    const security = bindingSecurity(this.#security, `RPCSS/${this.#host}`);
    const binding = await this.#association.bind(
      { uuid: descriptor.iid, version: descriptor.version },
      security,
    );
    const status = { code: 0 };
    const codec = binding.ndr64 ? known.codec.ndr64 : known.codec;
    const result = await binding.call(
      known.opnum,
      undefined,
      (writer) => codec.encodeRequest(writer, args, plainContext),
      (reader) => codec.decodeResponse(reader, args, plainContext, status),
      { ...this.#options, verificationTrailer: true },
    );
    if (failed(status.code)) throw new ComError(status.code, undefined, { remote: true, where: name });
    return result;
  }
}

const E_ACCESSDENIED: number = HResult.E_ACCESSDENIED;

/** What rpc calls a refusal of the first call after a logon without an answer of its own: it may have been the logon, or what comes behind it. */
const firstCallRefused = "logon or access permission";

/** "Access denied" looks the same whoever said it; what can be told apart is told apart, and the rest is named for the person who must look. */
function explain(error: unknown, machine: string, security: CallSecurity): ComError {
  const reason = ComError.from(error);
  const unproven = reason.gate === firstCallRefused;
  if (reason.code !== E_ACCESSDENIED || !reason.remote || (reason.gate !== undefined && !unproven))
    return reason;
  const { gate, hints } =
    reason.where?.startsWith("Remote") === true ? ofClass : ofMachine(security, unproven);
  return new ComError(reason.code, `${machine} refused the activation: ${hints}`, {
    gate,
    remote: true,
    cause: reason,
  });
}

/** Said with an HRESULT: the activation was looked at. */
const ofClass = {
  gate: "launch or access permission of the remote machine",
  hints:
    "the account may not launch or access this class there (DCOM permissions of the class or of the machine)",
};

/** Said with a fault: before the class was looked at. */
function ofMachine(security: CallSecurity, unproven: boolean): typeof ofClass {
  const hints = `it may want a higher authentication level than ${security.level} (integrity is 5, privacy 6), refuse this account from afar, or have DCOM switched off`;
  return unproven
    ? {
        gate: "logon or activation of the remote machine",
        hints: `the user name or password may be wrong; else ${hints}`,
      }
    : { gate: "activation of the remote machine", hints };
}
