import type { ConstantValue } from "../model.ts";
import type { Expr, TypeUse } from "../syntax/ast.ts";
import { integerOperation } from "../syntax/condition.ts";

/** What an expression may refer to. */
export interface Evaluator {
  /** Value of a constant or enumerator; undefined when there is none of that name. */
  constant(name: string, place: number): ConstantValue | undefined;
  sizeOf(type: TypeUse): number | undefined;
  /** Range of a cast's target: bits and signedness; undefined for a type that changes nothing. */
  castRange(type: TypeUse): { bits: number; signed: boolean } | undefined;
  /** The same for a name that may be a type or nothing. */
  typeRange(name: string, place: number): { bits: number; signed: boolean } | undefined;
}

/** The value of a constant expression; undefined when it is not constant. */
export function evaluate(expr: Expr, scope: Evaluator): ConstantValue | undefined {
  switch (expr.kind) {
    case "number":
    case "float":
    case "string":
    case "character":
      return expr.value;
    case "name":
      return named(expr.name, expr.place, scope);
    case "unary":
      return unary(expr.operator, evaluate(expr.operand, scope));
    case "binary": {
      const left = evaluate(expr.left, scope);
      const right = evaluate(expr.right, scope);
      // `(DWORD)-1` reads like a difference until it is known that DWORD is a type.
      if (left === undefined && expr.left.kind === "name" && (expr.operator === 45 || expr.operator === 43)) {
        const range = scope.typeRange(expr.left.name, expr.left.place);
        if (range !== undefined) return cast(unary(String.fromCharCode(expr.operator), right), range);
      }
      return binary(expr.operator, left, right);
    }
    case "conditional": {
      const test = evaluate(expr.test, scope);
      if (test === undefined) return undefined;
      return evaluate(
        test !== 0 && test !== false && test !== null && test !== 0n ? expr.yes : expr.no,
        scope,
      );
    }
    case "cast":
      return cast(evaluate(expr.operand, scope), scope.castRange(expr.type));
    case "sizeof":
      return scope.sizeOf(expr.type);
    case "raw":
      return expr.text;
    case "member":
      return scope.constant(expr.name, expr.place);
    case "index":
    case "type":
    case "empty":
      return undefined;
    default:
      return expr satisfies never;
  }
}

function named(name: string, place: number, scope: Evaluator): ConstantValue | undefined {
  const value = scope.constant(name, place);
  if (value !== undefined) return value;
  if (name === "TRUE" || name === "true") return true;
  if (name === "FALSE" || name === "false") return false;
  return name === "NULL" || name === "nullptr" ? null : undefined;
}

function integer(value: ConstantValue | undefined): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  return value === null ? 0n : undefined;
}

/** A number while it is exact, else a bigint. */
function normal(value: bigint): number | bigint {
  return value >= -0x1fffffffffffffn && value <= 0x1fffffffffffffn ? Number(value) : BigInt.asIntN(65, value);
}

function unary(operator: string, value: ConstantValue | undefined): ConstantValue | undefined {
  if (typeof value === "number" && operator === "-") return value === 0 ? 0 : -value;
  if (operator === "+") return value;
  const whole = integer(value);
  if (whole === undefined) return undefined;
  if (operator === "-") return normal(-whole);
  if (operator === "~") return normal(~whole);
  return operator === "!" ? (whole === 0n ? 1 : 0) : undefined;
}

function binary(
  operator: number,
  left: ConstantValue | undefined,
  right: ConstantValue | undefined,
): ConstantValue | undefined {
  const a = integer(left);
  const b = integer(right);
  if (a !== undefined && b !== undefined) {
    const value = integerOperation(operator, a, b);
    return value === undefined ? undefined : normal(BigInt.asIntN(64, value));
  }
  if (typeof left === "number" && typeof right === "number") return floating(operator, left, right);
  return undefined;
}

function floating(operator: number, left: number, right: number): number | undefined {
  if (operator === 43) return left + right;
  if (operator === 45) return left - right;
  if (operator === 42) return left * right;
  return operator === 47 ? left / right : undefined;
}

function cast(
  value: ConstantValue | undefined,
  range: { bits: number; signed: boolean } | undefined,
): ConstantValue | undefined {
  const whole = range === undefined || typeof value === "string" ? undefined : integer(value);
  if (whole === undefined || range === undefined) return value;
  return normal(range.signed ? BigInt.asIntN(range.bits, whole) : BigInt.asUintN(range.bits, whole));
}
