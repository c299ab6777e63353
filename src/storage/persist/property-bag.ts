import { IPropertyBag, type IErrorLog } from "../../automation/gen/oaidl.ts";
import { SafeArray, VT, Variant, changeType, vtName } from "../../automation/index.ts";
import { ComError, GUID_NULL, HResult } from "../../base/index.ts";
import { IPropertyBag2, PROPBAG2_TYPE, type PROPBAG2 } from "../../automation/gen/ocidl.ts";
import { type Implements, type IUnknown, identityOf, pointerTo } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";

/** Most properties of one bag. Stops a caller elsewhere from filling memory. */
const maxProperties = 65_536;

/** Properties by name, in memory (IPropertyBag and IPropertyBag2). Names are the same when they differ in case only. */
export class PropertyBag implements Implements<IPropertyBag> {
  static readonly interfaces: readonly Interface<unknown>[] = [IPropertyBag];
  readonly #properties = new Map<string, { readonly name: string; readonly value: Variant }>();

  constructor() {
    // IPropertyBag2 has methods of the same names: it needs an object of its own.
    identityOf(this).aggregate(new PropertyBag2(this), [IPropertyBag2]);
  }

  /** Names and values in the order in which they were first written. */
  get entries(): readonly (readonly [name: string, value: Variant])[] {
    return [...this.#properties.values()].map(({ name, value }) => [name, value]);
  }

  /** A value, as `varType` when that is not VT_EMPTY. Throws E_INVALIDARG for a name that is not there, DISP_E_TYPEMISMATCH. */
  Read(
    pszPropName: string,
    _pErrorLog: IErrorLog | null,
    varType: number,
    _pUnkObj: IUnknown | null,
  ): Variant {
    const found = this.#properties.get(pszPropName.toLowerCase())?.value;
    if (found === undefined)
      throw new ComError(HResult.E_INVALIDARG, `the bag has no property "${pszPropName}"`);
    const wanted = varType & 0xffff;
    return wanted === VT.EMPTY || wanted === found.vt ? found : changeType(found, wanted);
  }

  Write(pszPropName: string, pVar: Variant): void {
    if (this.#properties.size >= maxProperties)
      throw new ComError(HResult.E_OUTOFMEMORY, `a bag holds ${maxProperties} properties`);
    const key = pszPropName.toLowerCase();
    if (pVar.vt === VT.EMPTY) this.#properties.delete(key);
    else this.#properties.set(key, { name: pszPropName, value: pVar });
  }

  pointer(): IPropertyBag {
    return pointerTo(this, IPropertyBag);
  }

  /** The bag as text: one JSON object, each property with its type. Throws DISP_E_BADVARTYPE for objects among the values. */
  toText(): string {
    return JSON.stringify(
      Object.fromEntries(this.entries.map(([name, value]) => [name, textOf(value)])),
      undefined,
      2,
    );
  }

  /** Throws E_INVALIDARG for what `toText` would not write. */
  static fromText(text: string): PropertyBag {
    const bag = new PropertyBag();
    for (const [name, value] of Object.entries(parse(text))) bag.Write(name, variantOf(value));
    return bag;
  }
}

/** IPropertyBag2 of a {@link PropertyBag}: several properties at once, and which there are. */
class PropertyBag2 implements Implements<IPropertyBag2> {
  readonly #bag: PropertyBag;

  constructor(bag: PropertyBag) {
    this.#bag = bag;
  }

  /** With places for errors, each property has its own; without, the first error is the call's. */
  Read(
    _cProperties: number,
    pPropBag: readonly PROPBAG2[],
    _pErrLog: IErrorLog | null,
    phrError: Uint32Array | null,
  ): { pvarValue: readonly Variant[]; phrError: Uint32Array | null } {
    const errors = phrError === null ? null : new Uint32Array(pPropBag.length);
    const pvarValue = pPropBag.map(({ pstrName, vt }, i) => {
      try {
        return this.#bag.Read(pstrName ?? "", null, vt, null);
      } catch (error) {
        if (errors === null) throw error;
        errors[i] = ComError.from(error).code;
        return Variant.empty;
      }
    });
    return { pvarValue, phrError: errors };
  }

  Write(_cProperties: number, pPropBag: readonly PROPBAG2[], pvarValue: readonly Variant[]): void {
    pPropBag.forEach(({ pstrName }, i) => this.#bag.Write(pstrName ?? "", pvarValue[i] ?? Variant.empty));
  }

  CountProperties(): number {
    return this.#bag.entries.length;
  }

  GetPropertyInfo(
    iProperty: number,
    cProperties: number,
  ): { pPropBag: readonly PROPBAG2[]; pcProperties: number } {
    const pPropBag = this.#bag.entries.slice(iProperty, iProperty + cProperties).map(([name, { vt }], i) => ({
      dwType:
        vt === VT.UNKNOWN || vt === VT.DISPATCH
          ? PROPBAG2_TYPE.PROPBAG2_TYPE_OBJECT
          : PROPBAG2_TYPE.PROPBAG2_TYPE_DATA,
      vt,
      cfType: 0,
      dwHint: iProperty + i + 1,
      pstrName: name,
      clsid: GUID_NULL,
    }));
    return { pPropBag, pcProperties: pPropBag.length };
  }

  LoadObject(): void {
    throw new ComError(HResult.E_NOTIMPL, "a bag in memory holds objects as they are");
  }
}

interface TextValue {
  readonly type: string;
  readonly value?: unknown;
}

/** Types that text can say, by the name they have there. */
const types: readonly number[] = [
  VT.NULL,
  VT.I1,
  VT.UI1,
  VT.I2,
  VT.UI2,
  VT.I4,
  VT.UI4,
  VT.INT,
  VT.UINT,
  VT.I8,
  VT.UI8,
  VT.R4,
  VT.R8,
  VT.CY,
  VT.DATE,
  VT.BSTR,
  VT.BOOL,
  VT.ERROR,
];
const byName = new Map(types.map((vt) => [vtName(vt), vt]));

/** Bytes are an array of UI1, written in base 64. */
const bytesType = vtName(VT.ARRAY | VT.UI1);

function textOf({ vt, value }: Variant): TextValue {
  if (vt === (VT.ARRAY | VT.UI1) && value instanceof SafeArray) {
    return { type: bytesType, value: Buffer.from(value.data as Uint8Array).toString("base64") };
  }
  if (!types.includes(vt))
    throw new ComError(HResult.DISP_E_BADVARTYPE, `text does not hold a ${vtName(vt)}`);
  return { type: vtName(vt), value: typeof value === "bigint" ? String(value) : value };
}

function parse(text: string): Record<string, TextValue> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, TextValue>;
  } catch (error) {
    throw new ComError(HResult.E_INVALIDARG, "the text of a property bag is JSON", { cause: error });
  }
  throw new ComError(HResult.E_INVALIDARG, "the text of a property bag is an object");
}

function variantOf({ type, value }: TextValue): Variant {
  if (type === bytesType && typeof value === "string") {
    return new Variant(
      VT.ARRAY | VT.UI1,
      new SafeArray(VT.UI1, new Uint8Array(Buffer.from(value, "base64"))),
    );
  }
  const vt = byName.get(type);
  if (vt === undefined)
    throw new ComError(HResult.E_INVALIDARG, `a property bag does not know the type ${type}`);
  const wide = vt === VT.I8 || vt === VT.UI8 || vt === VT.CY;
  return new Variant(
    vt,
    wide && typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : (value ?? null),
  );
}
