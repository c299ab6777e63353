import { ComError, GUID_NULL, HResult, failed } from "../../../base/index.ts";
import type { Guid } from "../../../base/index.ts";
import type { Dispatcher } from "../../../rpc/index.ts";
import { decodeActivationBlob, encodeActivationBlob } from "../../activation/blob.ts";
import { IActivation, IRemoteSCMActivator, type MInterfacePointer, type ORPCTHIS } from "../../gen/dcom.ts";
import { type WireActivated, buildReply } from "../../activation/reply.ts";
import { pointer, readRequest } from "../../activation/request.ts";
import { accepts, comVersion } from "../../com-version.ts";
import { TowerId, toNdr } from "../../dual-string-array.ts";
import type { ActivatedInterface, ActivationSource } from "../../resolver-contract.ts";
import type { ScmActivation } from "../activation-service.ts";
import { type Machine, resolved } from "../machine.ts";
import { type WireAnswer, type WireCaller, type WireHandler, dispatcherOf } from "./dispatch.ts";
import { networkBindings } from "./object-exporter.ts";

type RemoteActivationReply = Awaited<ReturnType<IActivation["RemoteActivation"]>>;

const E_ACCESSDENIED: number = HResult.E_ACCESSDENIED;
const noExtensions = { flags: 0, extensions: null };

/** IRemoteSCMActivator ([MS-DCOM] 3.1.2.5.2.3.2 and 3.1.2.5.2.3.3). */
export function scmActivatorDispatcher(machine: Machine): Dispatcher {
  const handler =
    (classObject: boolean): WireHandler =>
    async (args, caller) => {
      const head = args[0] as ORPCTHIS;
      const properties = args[args.length - 1] as MInterfacePointer | null;
      return scmAnswer(async () => {
        checkVersion(head);
        if (!classObject && args[1] !== null) throw new ComError(HResult.CLASS_E_NOAGGREGATION);
        if (properties === null) throw new ComError(HResult.E_INVALIDARG, "an activation without properties");
        const asked = readRequest(decodeActivationBlob(properties.abData));
        const source = sourceOf(asked.file, asked.storage);
        const request = { ...asked, classObject, ...(source && { source }) };
        const activated = await activate(machine, caller, request, asked.protocols);
        return encodeActivationBlob(buildReply(activated));
      });
    };
  return dispatcherOf(IRemoteSCMActivator, {
    RemoteGetClassObject: handler(true),
    RemoteCreateInstance: handler(false),
  });
}

async function scmAnswer(work: () => Promise<Uint8Array>): Promise<WireAnswer> {
  try {
    const objref = await work();
    return { result: { orpcthat: noExtensions, ppActProperties: pointer(objref) } };
  } catch (error) {
    const reason = ComError.from(error);
    if (refusedAtTheDoor(reason)) throw reason;
    const hresult = failed(reason.code) ? reason.code : HResult.E_FAIL;
    return { result: { orpcthat: noExtensions, ppActProperties: null }, hresult };
  }
}

/** Windows refuses callers it does not want to talk to with a fault, and failed activations with an HRESULT. */
function refusedAtTheDoor({ code, gate }: ComError): boolean {
  return code === E_ACCESSDENIED && gate !== "launch permission" && gate !== "access permission";
}

/** IActivation, for clients of old ([MS-DCOM] 3.1.2.5.2.3.1). */
export function activationDispatcher(machine: Machine): Dispatcher {
  return dispatcherOf(IActivation, {
    RemoteActivation: async (args, caller) => {
      const [head, clsid, file, storage, , mode, , iids, , protocols] = args as [
        ORPCTHIS,
        Guid,
        string | null,
        MInterfacePointer | null,
        number,
        number,
        number,
        readonly Guid[] | null,
        number,
        ArrayLike<number>,
      ];
      const asked = iids ?? [];
      try {
        checkVersion(head);
        if (asked.length === 0)
          throw new ComError(HResult.E_INVALIDARG, "an activation without an interface");
        const source = sourceOf(file === null ? undefined : { name: file, mode }, storage?.abData);
        const request = { clsid, iids: asked, classObject: mode === 0xffffffff, ...(source && { source }) };
        return {
          result: remoteActivationReply(await activate(machine, caller, request, Array.from(protocols))),
        };
      } catch (error) {
        const reason = ComError.from(error);
        if (refusedAtTheDoor(reason)) throw reason;
        return { result: failedActivation(reason.code, asked.length) };
      }
    },
  });
}

function remoteActivationReply({ oxid, exporter, interfaces }: WireActivated): RemoteActivationReply {
  return {
    ORPCthat: noExtensions,
    pOxid: oxid,
    ppdsaOxidBindings: toNdr(exporter.bindings),
    pipidRemUnknown: exporter.ipidRemUnknown,
    pAuthnHint: exporter.authenticationHint,
    pServerVersion: { MajorVersion: exporter.version.major, MinorVersion: exporter.version.minor },
    phr: HResult.S_OK,
    ppInterfaceData: interfaces.map(({ objref }) => (objref === undefined ? null : pointer(objref))),
    pResults: Uint32Array.from(interfaces, ({ hresult }) => hresult),
    returnValue: 0,
  };
}

function failedActivation(code: number, count: number): RemoteActivationReply {
  return {
    ORPCthat: noExtensions,
    pOxid: 0n,
    ppdsaOxidBindings: null,
    pipidRemUnknown: GUID_NULL,
    pAuthnHint: 0,
    pServerVersion: { MajorVersion: comVersion.major, MinorVersion: comVersion.minor },
    phr: failed(code) ? code : HResult.E_FAIL,
    ppInterfaceData: Array.from({ length: count }, () => null),
    pResults: new Uint32Array(count),
    returnValue: 0,
  };
}

async function activate(
  machine: Machine,
  caller: WireCaller,
  asked: Pick<ScmActivation, "clsid" | "iids" | "classObject" | "source">,
  protocols: readonly number[],
): Promise<WireActivated> {
  const { clsid, iids, classObject, source } = asked;
  if (source !== undefined && classObject)
    throw new ComError(HResult.E_INVALIDARG, "a class object is not loaded from a file or a storage");
  const { origin } = caller;
  const request: ScmActivation = {
    clsid,
    iids,
    classObject,
    destination: "machine",
    origin,
    ...(source && { source }),
  };
  const activated = await machine.activate(request);
  if ("machine" in activated) {
    // Not passed on: this machine could only ask as itself, and so would lend its own rights to the caller.
    const message = `the class runs on ${activated.machine}; activate it there`;
    machine.options.logger.warn(
      { clsid, gate: "RemoteServerName" },
      `a caller of another machine: ${message}`,
    );
    throw new ComError(HResult.CO_E_APPNOTFOUND, message, { gate: "RemoteServerName" });
  }
  checkAny(activated.interfaces);
  const exporter = resolved(activated.process);
  const bindings = networkBindings(exporter.bindings, protocols.length === 0 ? [TowerId.tcp] : protocols);
  return {
    oxid: activated.process.oxid,
    exporter: { ...exporter, bindings },
    interfaces: activated.interfaces,
  };
}

/** An activation that brought no interface at all fails as a whole. */
function checkAny(interfaces: readonly ActivatedInterface[]): void {
  const [first] = interfaces;
  if (first === undefined) throw new ComError(HResult.E_UNEXPECTED, "the server answered with no interface");
  if (interfaces.every(({ hresult }) => failed(hresult))) throw new ComError(first.hresult);
}

/** What the instance is to be loaded from (CoGetInstanceFromFile, CoGetInstanceFromIStorage). Both at once make no sense. */
function sourceOf(
  file: { readonly name: string; readonly mode: number } | undefined,
  storage: Uint8Array | undefined,
): ActivationSource | undefined {
  if (file !== undefined && storage !== undefined)
    throw new ComError(
      HResult.E_INVALIDARG,
      "an instance is loaded from a file or from a storage, not from both",
    );
  if (file !== undefined) return { file };
  return storage && { storage };
}

function checkVersion({ version }: ORPCTHIS): void {
  const { MajorVersion: major, MinorVersion: minor } = version;
  if (accepts({ major, minor })) return;
  const message = `the caller speaks DCOM ${major}.${minor}, 5.1 to 5.7 are served`;
  throw new ComError(HResult.RPC_E_VERSION_MISMATCH, message);
}
