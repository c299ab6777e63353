import { ComError, GUID_NULL, HResult, type Limits } from "../../base/index.ts";
import type { MethodDescriptor } from "../interface.ts";
import { arrayTypes, type NumberName } from "../run/numbers.ts";
import type { Dimension, Expression, NdrType, UserMarshal } from "../types.ts";
import { isNullable } from "./complete.ts";
import { inputsOf, outputsOf, returnsValue, singleResult } from "./method.ts";

/*
 * Zero values: what the [out] parameters of a failed call hold. Slow and plain; failures are rare.
 */

/** Structures made for a caller who only gave a number. */
const maxZeroObjects = 65_536;

type Values = ReadonlyMap<string, unknown>;

/** The zero result of a method. */
export function zeroResult(method: MethodDescriptor, args: readonly unknown[], limits: Limits): unknown {
  const values = new Map<string, unknown>();
  inputsOf(method).forEach((param, i) => {
    if (!param.out) values.set(param.name, args[i]);
  });
  const zeros = outputsOf(method).map((param) => {
    const tag = param.switchIs === undefined ? undefined : evaluate(param.switchIs, values);
    const value = zeroOf(param.type, values, limits, tag);
    values.set(param.name, value);
    return [param.name, value] as const;
  });
  if (returnsValue(method)) zeros.push(["returnValue", zeroOf(method.returns, values, limits)]);
  return singleResult(method) ? zeros[0]?.[1] : Object.fromEntries(zeros);
}

/** The zero of a type: null for pointers, nothing in varying arrays, as many elements as their expression says in conformant ones. */
function zeroOf(type: NdrType, values: Values, limits: Limits, tag?: number): unknown {
  switch (type.kind) {
    case "base":
      return zeroBase(type.name);
    case "enum":
      return 0;
    case "string":
      return "";
    case "interface":
      return null;
    case "pointer":
      return type.pointer === "ref" ? zeroOf(type.to, values, limits, tag) : null;
    case "struct": {
      const members = new Map<string, unknown>();
      for (const field of type.fields()) {
        const fieldTag = field.switchIs === undefined ? undefined : evaluate(field.switchIs, members);
        members.set(field.name, zeroOf(field.type, members, limits, fieldTag));
      }
      return Object.fromEntries(members);
    }
    case "union":
      return zeroUnion(type.arms(), values, limits, tag);
    case "array":
      return zeroArray(type.of, type.dims, values, limits);
    case "contextHandle":
      return { attributes: 0, uuid: GUID_NULL };
    case "user": {
      const marshal: UserMarshal<unknown, unknown> = type.marshal();
      return marshal.fromWire(zeroOf(type.wire(), values, limits, tag));
    }
    case "pipe":
      return zeroArray(type.of, [{ fixed: 0 }], values, limits);
    default:
      throw new ComError(HResult.E_NOTIMPL, "there is no such type");
  }
}

function zeroBase(name: string): unknown {
  switch (name) {
    case "boolean":
    case "variantBool":
      return false;
    case "i64":
    case "u64":
      return 0n;
    case "guid":
      return GUID_NULL;
    default:
      return 0;
  }
}

function zeroUnion(
  arms: readonly {
    readonly cases: readonly number[];
    readonly name: string;
    readonly type: NdrType | null;
  }[],
  values: Values,
  limits: Limits,
  wanted: number | undefined,
): unknown {
  const fallback = arms.find((arm) => arm.cases.length === 0);
  const first = arms.find((arm) => arm.cases.includes(wanted ?? 0)) ?? fallback ?? arms[0];
  const tag = wanted ?? (first?.cases.includes(0) || first === fallback ? 0 : (first?.cases[0] ?? 0));
  if (first === undefined || first.type === null) return { tag };
  return { tag, [first.name]: zeroOf(first.type, values, limits) };
}

function zeroArray(of: NdrType, dims: readonly Dimension[], values: Values, limits: Limits): unknown {
  const [dim, ...rest] = dims;
  if (dim === undefined) return zeroOf(of, values, limits);
  const n = countOf(dim, values);
  if (n > limits.maxArrayElements) {
    throw new ComError(
      HResult.RPC_X_BAD_STUB_DATA,
      `an [out] array of ${n} elements is over the limit (limits.maxArrayElements)`,
    );
  }
  if (rest.length === 0 && of.kind === "base" && of.name in arrayTypes)
    return new arrayTypes[of.name as NumberName](n);
  if (n > maxZeroObjects && of.kind !== "base" && !isNullable(of)) {
    throw new ComError(
      HResult.RPC_X_BAD_STUB_DATA,
      `an [out] array of ${n} structures is too long to be filled with zeros`,
    );
  }
  return Array.from({ length: n }, () => zeroArray(of, rest, values, limits));
}

function countOf(dim: Dimension, values: Values): number {
  if (dim.length !== undefined) return dim.length === true ? 0 : Math.max(0, evaluate(dim.length, values));
  if (dim.fixed !== undefined) return dim.fixed;
  return dim.size === undefined || dim.size === true ? 0 : Math.max(0, evaluate(dim.size, values));
}

/** The number of an expression over plain values; what is not there counts as 0. */
function evaluate(expression: Expression, values: Values): number {
  if (typeof expression === "number") return expression;
  if (typeof expression === "string") return Number(values.get(expression) ?? 0) || 0;
  switch (expression.op) {
    case "neg":
      return -evaluate(expression.of, values);
    case "not":
      return Number(!evaluate(expression.of, values));
    case "complement":
      return ~evaluate(expression.of, values);
    case "?:":
      return evaluate(evaluate(expression.test, values) ? expression.left : expression.right, values);
    default:
      return binary[expression.op](evaluate(expression.left, values), evaluate(expression.right, values));
  }
}

const binary: Readonly<Record<string, (a: number, b: number) => number>> &
  Record<Operator, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => Math.trunc(a / b),
  "%": (a, b) => a % b,
  "<<": (a, b) => (a << b) >>> 0,
  ">>": (a, b) => a >> b,
  "&": (a, b) => (a & b) >>> 0,
  "|": (a, b) => (a | b) >>> 0,
  "^": (a, b) => (a ^ b) >>> 0,
  "&&": (a, b) => (a && b ? 1 : 0),
  "||": (a, b) => (a || b ? 1 : 0),
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  "<": (a, b) => Number(a < b),
  "<=": (a, b) => Number(a <= b),
  ">": (a, b) => Number(a > b),
  ">=": (a, b) => Number(a >= b),
};

type Operator = Exclude<Extract<Expression, { readonly left: Expression }>["op"], "?:">;
