import type { Attribute, Expr, TypeUse } from "./syntax/ast.ts";
import { T } from "./syntax/lexer.ts";

const operators = new Map<number, string>([
  [T.shiftLeft, "<<"],
  [T.shiftRight, ">>"],
  [T.and, "&&"],
  [T.or, "||"],
  [T.equal, "=="],
  [T.notEqual, "!="],
  [T.lessEqual, "<="],
  [T.greaterEqual, ">="],
]);

/** An attribute as it is written in IDL. */
export function printAttribute(attribute: Attribute): string {
  if (attribute.args === undefined) return attribute.name;
  return `${attribute.name}(${attribute.args.map(printExpr).join(", ")})`;
}

/** An expression as it is written in IDL, with the parentheses it needs. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return expr.text;
    case "float":
    case "character":
      return String(expr.value);
    case "string":
      return `${expr.wide ? "L" : ""}${JSON.stringify(expr.value)}`;
    case "name":
      return expr.name;
    case "unary":
      return `${expr.operator}${printOperand(expr.operand)}`;
    case "binary": {
      const operator = operators.get(expr.operator) ?? String.fromCharCode(expr.operator);
      return `${printOperand(expr.left)} ${operator} ${printOperand(expr.right)}`;
    }
    case "conditional":
      return `${printOperand(expr.test)} ? ${printOperand(expr.yes)} : ${printOperand(expr.no)}`;
    case "cast":
      return `(${printUse(expr.type)})${printOperand(expr.operand)}`;
    case "sizeof":
      return `sizeof(${printUse(expr.type)})`;
    case "member":
      return `${printOperand(expr.object)}->${expr.name}`;
    case "index":
      return `${printOperand(expr.object)}[${printExpr(expr.index)}]`;
    case "type":
      return printUse(expr.type);
    case "raw":
      return expr.text;
    case "empty":
      return "";
    default:
      return expr satisfies never;
  }
}

function printOperand(expr: Expr): string {
  const text = printExpr(expr);
  return expr.kind === "binary" || expr.kind === "conditional" ? `(${text})` : text;
}

function printUse(use: TypeUse): string {
  const { spec } = use;
  const name = spec.kind === "base" || spec.kind === "reference" ? spec.name : spec.kind;
  return name + use.declarator.layers.map((layer) => (layer.kind === "pointer" ? " *" : "[]")).join("");
}
