import { GUID_NULL } from "../../../base/index.ts";
import type { Dispatcher } from "../../../rpc/index.ts";
import { comVersion } from "../../com-version.ts";
import { type DualStringArray, TowerId, noBindings, toNdr } from "../../dual-string-array.ts";
import { IObjectExporter } from "../../gen/dcom.ts";
import { ResolverStatus } from "../../ping/status.ts";
import type { Oid } from "../../resolver-contract.ts";
import type { Machine } from "../machine.ts";
import { dispatcherOf } from "./dispatch.ts";

/** Most protocol sequences of one request that are looked at. */
const maxProtocols = 64;

/** IObjectExporter: OXID resolution, pings, ServerAlive ([MS-DCOM] 3.1.2.5.1). */
export function objectExporterDispatcher(machine: Machine): Dispatcher {
  return dispatcherOf(IObjectExporter, {
    ResolveOxid: (args) => ({ result: resolveOxid(machine, args) }),
    ResolveOxid2: (args) => ({ result: resolveOxid(machine, args) }),
    SimplePing: ([set]) => ({ result: machine.life.simplePing(set as bigint) }),
    ComplexPing: (args, { origin }) => ({ result: complexPing(machine, args, addressOf(origin.from)) }),
    ServerAlive: () => ({ result: ResolverStatus.ok }),
    ServerAlive2: () => ({
      result: {
        pComVersion: wireVersion(comVersion),
        ppdsaOrBindings: toNdr(networkBindings(machine.options.resolverBindings())),
        pReserved: 0,
        returnValue: ResolverStatus.ok,
      },
    }),
  });
}

function resolveOxid(machine: Machine, args: readonly unknown[]): object {
  const [oxid, , requested] = args as [bigint, number, ArrayLike<number>];
  const protocols = Array.from(requested).slice(0, maxProtocols);
  const found = machine.resolve(oxid);
  const bindings = found === undefined ? noBindings : networkBindings(found.bindings, protocols);
  return {
    ppdsaOxidBindings: found === undefined ? null : toNdr(bindings),
    pipidRemUnknown: found?.ipidRemUnknown ?? GUID_NULL,
    pAuthnHint: found?.authenticationHint ?? 0,
    pComVersion: wireVersion(found?.version ?? comVersion),
    returnValue: found === undefined ? ResolverStatus.invalidOxid : ResolverStatus.ok,
  };
}

function complexPing(machine: Machine, args: readonly unknown[], client: string): object {
  const [set, sequence, , , add, remove] = args as [
    bigint,
    number,
    number,
    number,
    Iterable<Oid> | null,
    Iterable<Oid> | null,
  ];
  const pong = machine.life.complexPing(set, sequence, [...(add ?? [])], [...(remove ?? [])], client);
  return { pSetId: pong.setId, pPingBackoffFactor: 0, returnValue: pong.status };
}

/** Without the port: each connection has another one. */
function addressOf(remote: string): string {
  return remote.replace(/:\d+$/, "");
}

/** What another machine can use of bindings: no Unix sockets, and of the protocols asked for those we serve. */
export function networkBindings(
  bindings: DualStringArray,
  protocols: readonly number[] = [TowerId.tcp],
): DualStringArray {
  const wanted = protocols.length === 0 ? [TowerId.tcp] : protocols;
  const strings = bindings.strings.filter(({ tower }) => tower !== TowerId.local && wanted.includes(tower));
  return { strings, security: bindings.security };
}

function wireVersion({ major, minor }: { readonly major: number; readonly minor: number }): object {
  return { MajorVersion: major, MinorVersion: minor };
}
