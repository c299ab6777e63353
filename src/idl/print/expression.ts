import type { Evaluator } from "../bind/evaluate.ts";
import { evaluate } from "../bind/evaluate.ts";
import type { Expr } from "../syntax/ast.ts";
import { T } from "../syntax/lexer.ts";

/** A size, length, discriminant or IID expression as descriptors have it: a number, a sibling's name, or an operation. */
export type WireExpression =
  | number
  | string
  | { readonly op: string; readonly left: WireExpression; readonly right: WireExpression }
  | { readonly op: string; readonly of: WireExpression }
  | {
      readonly op: "?:";
      readonly test: WireExpression;
      readonly left: WireExpression;
      readonly right: WireExpression;
    };

const operators = new Map<number, string>([
  [43, "+"],
  [45, "-"],
  [42, "*"],
  [47, "/"],
  [37, "%"],
  [T.shiftLeft, "<<"],
  [T.shiftRight, ">>"],
  [38, "&"],
  [124, "|"],
  [94, "^"],
  [T.and, "&&"],
  [T.or, "||"],
  [T.equal, "=="],
  [T.notEqual, "!="],
  [60, "<"],
  [T.lessEqual, "<="],
  [62, ">"],
  [T.greaterEqual, ">="],
]);

/** Undefined when the expression cannot be computed from the siblings. */
export function wireExpression(
  expr: Expr,
  siblings: ReadonlySet<string>,
  constants: Evaluator,
): WireExpression | undefined {
  const sub = (it: Expr): WireExpression | undefined => wireExpression(it, siblings, constants);
  switch (expr.kind) {
    case "name":
      if (siblings.has(expr.name)) return expr.name;
      break;
    case "unary": {
      const of = sub(expr.operand);
      if (of === undefined || expr.operator === "*" || expr.operator === "&" || expr.operator === "+")
        return of;
      const op = expr.operator === "-" ? "neg" : expr.operator === "!" ? "not" : "complement";
      return typeof of === "number" && op === "neg" ? -of : { op, of };
    }
    case "binary": {
      const constant = evaluate(expr, constants);
      if (typeof constant === "number" && !mentions(expr, siblings)) return constant;
      const left = sub(expr.left);
      const right = sub(expr.right);
      const op = operators.get(expr.operator);
      return left === undefined || right === undefined || op === undefined ? undefined : { op, left, right };
    }
    case "conditional": {
      const test = sub(expr.test);
      const left = sub(expr.yes);
      const right = sub(expr.no);
      if (test === undefined || left === undefined || right === undefined) return undefined;
      return { op: "?:", test, left, right };
    }
    case "cast":
      return sub(expr.operand);
    case "member": {
      const object = sub(expr.object);
      return typeof object === "string" ? `${object}.${expr.name}` : undefined;
    }
    default:
  }
  const value = evaluate(expr, constants);
  return typeof value === "number" || typeof value === "boolean" ? Number(value) : undefined;
}

function mentions(expr: Expr, siblings: ReadonlySet<string>): boolean {
  switch (expr.kind) {
    case "name":
      return siblings.has(expr.name);
    case "unary":
    case "cast":
      return mentions(expr.operand, siblings);
    case "binary":
      return mentions(expr.left, siblings) || mentions(expr.right, siblings);
    case "conditional":
      return mentions(expr.test, siblings) || mentions(expr.yes, siblings) || mentions(expr.no, siblings);
    default:
      return false;
  }
}

/** The expression as source text of an object literal. */
export function printExpression(expr: WireExpression): string {
  if (typeof expr === "number") return String(expr);
  if (typeof expr === "string") return JSON.stringify(expr);
  if ("of" in expr) return `{ op: "${expr.op}", of: ${printExpression(expr.of)} }`;
  const { left, right, op } = expr;
  const test = "test" in expr ? ` test: ${printExpression(expr.test)},` : "";
  return `{ op: "${op}",${test} left: ${printExpression(left)}, right: ${printExpression(right)} }`;
}
