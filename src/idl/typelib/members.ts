import {
  type FunctionOptions,
  type ParameterOptions,
  TypeCode,
  type TypeDesc,
  type VariableOptions,
} from "../../automation/index.ts";
import type { Field, InvokeKind, Method, Param } from "../model.ts";
import { attributeOf, hasAttribute } from "../model.ts";
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
    ...(initial === undefined ? {} : { defaultValue: variantOf(evaluate(initial), valueType(type)) }),
    ...(customData === undefined ? {} : { customData }),
  };
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
