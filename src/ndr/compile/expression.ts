import { ComError, HResult } from "../../base/index.ts";
import type { Expression, NdrType } from "../types.ts";
import type { Scope } from "./kind.ts";

/** Code of an expression's number, or undefined when it names a sibling that is not there (yet). */
export function numberCode(expression: Expression, scope: Scope): string | undefined {
  if (typeof expression === "number") return `${expression}`;
  if (typeof expression === "string") return nameCode(expression, scope);
  switch (expression.op) {
    case "neg":
    case "not":
    case "complement": {
      const of = numberCode(expression.of, scope);
      if (of === undefined) return undefined;
      const sign = { neg: "-", not: "+!", complement: "~" }[expression.op];
      return `(${sign}${of})`;
    }
    case "?:": {
      const test = numberCode(expression.test, scope);
      const left = numberCode(expression.left, scope);
      const right = numberCode(expression.right, scope);
      if (test === undefined || left === undefined || right === undefined) return undefined;
      return `(${test} ? ${left} : ${right})`;
    }
    default: {
      const left = numberCode(expression.left, scope);
      const right = numberCode(expression.right, scope);
      if (left === undefined || right === undefined) return undefined;
      return binaryCode(expression.op, left, right);
    }
  }
}

function binaryCode(op: string, left: string, right: string): string {
  switch (op) {
    case "/":
      return `Math.trunc(${left} / ${right})`;
    case "&&":
    case "||":
      return `(${left} ${op} ${right} ? 1 : 0)`;
    case "==":
    case "!=":
      return `+(${left} ${op}= ${right})`;
    case "<":
    case "<=":
    case ">":
    case ">=":
      return `+(${left} ${op} ${right})`;
    case "&":
    case "|":
    case "^":
    case "<<":
      return `((${left} ${op} ${right}) >>> 0)`;
    default:
      return `(${left} ${op} ${right})`;
  }
}

function nameCode(name: string, scope: Scope): string | undefined {
  const type = scope.type(name);
  if (type === undefined) {
    throw new ComError(
      HResult.E_INVALIDARG,
      `an expression names "${name}", which is no member or parameter beside it`,
    );
  }
  const code = scope.value(name);
  return code === undefined ? undefined : asNumber(code, type);
}

function asNumber(code: string, type: NdrType): string {
  let leaf = type;
  let nullable = false;
  while (leaf.kind === "pointer") {
    nullable ||= leaf.pointer !== "ref";
    leaf = leaf.to;
  }
  const value = nullable ? `(${code} ?? 0)` : code;
  const plain =
    leaf.kind === "enum" || (leaf.kind === "base" && /^(?:[iu](?:8|16|32)|w?char|hresult)$/.test(leaf.name));
  return plain ? value : `Number(${value})`;
}
