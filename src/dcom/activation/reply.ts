import { ComError, HResult, failed } from "../../base/index.ts";
import type { ComVersion } from "../com-version.ts";
import { fromNdr, toNdr } from "../dual-string-array.ts";
import type { ActivatedInterface, Oxid, ResolvedOxid } from "../resolver-contract.ts";
import { type ActivationBlob, differentMachine } from "./blob.ts";
import { pointer, propertyOf } from "./request.ts";
import type { customREMOTE_REPLY_SCM_INFO } from "../gen/dcom.ts";

/** What came of an activation: the interfaces, and the exporter they live in. */
export interface WireActivated {
  readonly oxid: Oxid;
  readonly exporter: ResolvedOxid;
  readonly interfaces: readonly ActivatedInterface[];
}

/** The properties of a reply: these two in this order, which clients rely on ([MS-DCOM] 3.1.2.5.2.3.2). */
export function buildReply(activated: WireActivated): ActivationBlob {
  const { interfaces } = activated;
  return {
    direction: "out",
    destination: differentMachine,
    properties: [
      {
        name: "PropsOutInfo",
        value: {
          cIfs: interfaces.length,
          piid: interfaces.map(({ iid }) => iid),
          phresults: Uint32Array.from(interfaces, ({ hresult }) => hresult),
          ppIntfData: interfaces.map(({ objref }) => (objref === undefined ? null : pointer(objref))),
        },
      },
      { name: "ScmReplyInfo", value: { pdwReserved: null, remoteReply: scmReply(activated) } },
    ],
  };
}

function scmReply({ oxid, exporter }: WireActivated): customREMOTE_REPLY_SCM_INFO {
  return {
    Oxid: oxid,
    pdsaOxidBindings: toNdr(exporter.bindings),
    ipidRemUnknown: exporter.ipidRemUnknown,
    authnHint: exporter.authenticationHint,
    serverVersion: { MajorVersion: exporter.version.major, MinorVersion: exporter.version.minor },
  };
}

/** What a reply says. Throws RPC_E_INVALID_DATA when it lacks what a client needs. */
export function readReply(blob: ActivationBlob): WireActivated {
  const out = propertyOf(blob, "PropsOutInfo");
  const reply = propertyOf(blob, "ScmReplyInfo")?.remoteReply;
  if (!out || !reply) throw incomplete("results or the exporter's address");
  const { piid, phresults, ppIntfData } = out;
  if (!piid || !phresults) throw incomplete("the interfaces");
  const interfaces = piid.map((iid, i): ActivatedInterface => {
    const hresult = phresults[i] ?? HResult.E_NOINTERFACE;
    const objref = ppIntfData?.[i]?.abData;
    if (failed(hresult)) return { iid, hresult };
    if (objref === undefined) throw incomplete(`the reference for an interface that was found`);
    return { iid, hresult, objref };
  });
  return { oxid: reply.Oxid, exporter: exporterOf(reply), interfaces };
}

function exporterOf(reply: customREMOTE_REPLY_SCM_INFO): ResolvedOxid {
  const { pdsaOxidBindings, ipidRemUnknown, authnHint, serverVersion } = reply;
  const bindings = pdsaOxidBindings ? fromNdr(pdsaOxidBindings) : undefined;
  if (bindings === undefined) throw incomplete("the exporter's bindings");
  const version: ComVersion = { major: serverVersion.MajorVersion, minor: serverVersion.MinorVersion };
  return { bindings, ipidRemUnknown, authenticationHint: authnHint, version };
}

function incomplete(what: string): ComError {
  return new ComError(HResult.RPC_E_INVALID_DATA, `the answer to an activation lacks ${what}`);
}
