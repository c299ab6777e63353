import {
  type FunctionOptions,
  type ParameterOptions,
  TypeCode,
  type TypeDesc,
  type VariableOptions,
  type Variant,
} from "../../automation/index.ts";
import type { Field, InvokeKind, Method, Param } from "../model.ts";
import { attributeOf, hasAttribute } from "../model.ts";
import type { Expr } from "../syntax/ast.ts";
import { documentationOf, type Evaluate, variantOf } from "./documentation.ts";
import { flagsOf } from "./flags.ts";
import { describe, type TypeScope } from "./types.ts";

/** INVOKEKIND. ([MS-OAUT] 2.2.14) */
const invokes: Readonly<Record<InvokeKind, 1 | 2 | 4 | 8>> = { method: 1, get: 2, put: 4, putref: 8 };

export function functionOf(method: Method, scope: TypeScope, evaluate: Evaluate): FunctionOptions {
  const given = attributeOf(method.attributes, "id") !== undefined;
  return {
    name: method.idlName,
    ...(given ? { memid: method.dispId } : {}),
    invoke: invokes[method.invoke],
    ...(method.convention === undefined
      ? {}
      : { callConv: method.convention as NonNullable<FunctionOptions["callConv"]> }),
    flags: flagsOf("functions", method.attributes),
    result: describe(method.returns, scope),
    params: method.params.map((it) => parameterOf(it, scope, evaluate)),
    vararg: hasAttribute(method.attributes, "vararg"),
    ...documentationOf(method.attributes, evaluate),
  };
}

function parameterOf(param: Param, scope: TypeScope, evaluate: Evaluate): ParameterOptions {
  const type = describe(param.type, scope);
  const initial = attributeOf(param.attributes, "defaultvalue")?.args?.[0];
  const { customData } = documentationOf(param.attributes, evaluate);
  return {
    name: param.name,
    type,
    flags: flagsOf("parameters", param.attributes),
    ...(initial === undefined ? {} : { defaultValue: defaultOf(initial, valueType(type), evaluate) }),
    ...(customData === undefined ? {} : { customData }),
  };
}

/** A number with a point is one also where it has nothing behind it: `0.0` for a VARIANT. */
function defaultOf(initial: Expr, vt: number, evaluate: Evaluate): Variant {
  const real = vt === TypeCode.VARIANT && isReal(initial);
  return variantOf(evaluate(initial), real ? TypeCode.R8 : vt);
}

function isReal(expr: Expr): boolean {
  return expr.kind === "float" || (expr.kind === "unary" && isReal(expr.operand));
}

/** The type of what is passed: a pointer's is that of what it leads to. */
function valueType(type: TypeDesc): number {
  return type.vt === TypeCode.PTR && type.element !== undefined ? valueType(type.element) : type.vt;
}

export function variableOf(field: Field, scope: TypeScope, evaluate: Evaluate): VariableOptions {
  return {
    name: field.name,
    type: describe(field.type, scope),
    flags: flagsOf("variables", field.attributes),
    ...documentationOf(field.attributes, evaluate),
  };
}
