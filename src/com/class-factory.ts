import {
  type Awaitable,
  type CallOptions,
  type Interface,
  type NdrType,
  defineInterface,
} from "../ndr/index.ts";
import type { Guid } from "../base/index.ts";
import { IClassFactory } from "./gen/unknwnbase.ts";
import type { IUnknown } from "./unknown.ts";

export { IClassFactory };

const hresult: NdrType = { kind: "base", name: "hresult" };
const refGuid: NdrType = { kind: "pointer", pointer: "ref", to: { kind: "base", name: "guid" } };

/** LICINFO. */
export interface LicenseInfo {
  readonly cbLicInfo: number;
  /** RequestLicKey answers a key on this machine. */
  readonly fRuntimeKeyAvail: number;
  /** This machine holds a full licence: CreateInstance works without a key. */
  readonly fLicVerified: number;
}

/** A class factory that wants a licence. */
export interface IClassFactory2 extends IClassFactory {
  GetLicInfo(options?: CallOptions): Awaitable<LicenseInfo>;
  /** The key that lets another machine create objects. Throws CLASS_E_NOTLICENSED. Same apartment only. */
  RequestLicKey(options?: CallOptions): Awaitable<string>;
  /** As CreateInstance, with the key instead of a licence of this machine. Same apartment only. */
  CreateInstanceLic(riid: Guid, key: string, options?: CallOptions): Awaitable<IUnknown>;
}

const i32: NdrType = { kind: "base", name: "i32" };
const licInfo: NdrType = {
  kind: "struct",
  name: "LICINFO",
  fields: () => [
    { name: "cbLicInfo", type: i32 },
    { name: "fRuntimeKeyAvail", type: i32 },
    { name: "fLicVerified", type: i32 },
  ],
};

export const IClassFactory2: Interface<IClassFactory2> = defineInterface<IClassFactory2>({
  name: "IClassFactory2",
  iid: "b196b28f-bab4-101a-b69c-00aa00341d07",
  base: () => IClassFactory,
  methods: () => [
    {
      name: "GetLicInfo",
      opnum: 5,
      params: [{ name: "pLicInfo", type: licInfo, in: false, out: true, retval: true }],
      returns: hresult,
    },
    // BSTR belongs to a layer above; the two methods that need it stay within the apartment.
    { name: "RequestLicKey", opnum: 6, params: [], returns: hresult, local: true },
    {
      name: "CreateInstanceLic",
      opnum: 7,
      params: [
        { name: "riid", type: refGuid, in: true, out: false },
        { name: "bstrKey", type: { kind: "string", char: "wchar" }, in: true, out: false },
        { name: "ppvObject", type: { kind: "interface", iidIs: "riid" }, in: false, out: true, retval: true },
      ],
      returns: hresult,
      local: true,
    },
  ],
});
