import { type Guid, tryParseGuid } from "../../base/index.ts";
import { type CustomData, TypeCode } from "../../automation/index.ts";
import { Variant } from "../../automation/index.ts";
import type { ConstantValue } from "../model.ts";
import { textArgument } from "../model.ts";
import type { Attribute, Expr } from "../syntax/ast.ts";

/** The value of a constant expression; undefined when it is none. */
export type Evaluate = (expr: Expr) => ConstantValue | undefined;

/** What attributes say for people. */
export interface DocumentationOptions {
  readonly docString?: string;
  readonly helpContext?: number;
  readonly helpStringContext?: number;
  readonly customData?: readonly CustomData[];
}

export function documentationOf(attributes: readonly Attribute[], evaluate: Evaluate): DocumentationOptions {
  const docString = textArgument(attributes, "helpstring");
  const helpContext = numberOf(attributes, "helpcontext", evaluate);
  const helpStringContext = numberOf(attributes, "helpstringcontext", evaluate);
  const customData = attributes.flatMap((it) => (it.name === "custom" ? customOf(it, evaluate) : []));
  return {
    ...(docString === undefined ? {} : { docString }),
    ...(helpContext === undefined ? {} : { helpContext }),
    ...(helpStringContext === undefined ? {} : { helpStringContext }),
    ...(customData.length === 0 ? {} : { customData }),
  };
}

export function numberOf(
  attributes: readonly Attribute[],
  name: string,
  evaluate: Evaluate,
): number | undefined {
  const arg = attributes.find((it) => it.name === name)?.args?.[0];
  const value = arg === undefined ? undefined : evaluate(arg);
  return typeof value === "number" ? value >>> 0 : undefined;
}

/** `custom(GUID, value)`. */
function customOf(attribute: Attribute, evaluate: Evaluate): CustomData[] {
  const [id, ...values] = attribute.args ?? [];
  const guid: Guid | undefined = id?.kind === "raw" ? tryParseGuid(id.text) : undefined;
  const [first] = values;
  if (guid === undefined || first === undefined) return [];
  return [{ guid, value: variantOf(evaluate(first), undefined) }];
}

const whole = new Set<number>([
  TypeCode.I1,
  TypeCode.UI1,
  TypeCode.I2,
  TypeCode.UI2,
  TypeCode.I4,
  TypeCode.UI4,
]);

/** A constant as a VARIANT of a type, or of the type its value has by itself. */
export function variantOf(value: ConstantValue | undefined, vt: number | undefined): Variant {
  if (typeof value === "string") return new Variant(TypeCode.BSTR, value);
  if (vt === TypeCode.BOOL)
    return new Variant(TypeCode.BOOL, value !== 0 && value !== false && value !== null);
  if (vt === TypeCode.UNKNOWN || vt === TypeCode.DISPATCH) return new Variant(vt, null);
  if (typeof value === "boolean") return new Variant(TypeCode.BOOL, value);
  if (typeof value === "bigint") return new Variant(TypeCode.I8, BigInt.asIntN(64, value));
  if (typeof value !== "number") return new Variant(TypeCode.I4, 0);
  if (vt === TypeCode.CY) return new Variant(vt, BigInt(Math.round(value * 10_000)));
  if (vt === TypeCode.R4 || vt === TypeCode.R8 || vt === TypeCode.DATE) return new Variant(vt, value);
  if (!Number.isInteger(value)) return new Variant(TypeCode.R8, value);
  if (vt === TypeCode.UI4 || vt === TypeCode.UINT) return new Variant(TypeCode.UI4, value >>> 0);
  if (vt !== undefined && whole.has(vt)) return new Variant(vt, fitted(value, vt));
  return new Variant(TypeCode.I4, value | 0);
}

function fitted(value: number, vt: number): number {
  switch (vt) {
    case TypeCode.I1:
      return (value << 24) >> 24;
    case TypeCode.UI1:
      return value & 0xff;
    case TypeCode.I2:
      return (value << 16) >> 16;
    case TypeCode.UI2:
      return value & 0xffff;
    case TypeCode.UI4:
      return value >>> 0;
    default:
      return value | 0;
  }
}
