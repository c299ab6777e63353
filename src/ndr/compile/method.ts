import type { MethodDescriptor, ParamDescriptor } from "../interface.ts";
import type { NdrType } from "../types.ts";
import { expectRange } from "./check.ts";
import { readWhole, writeWhole } from "./complete.ts";
import type { Compiler } from "./compiler.ts";
import { type CompiledFunction, type Emitter, key, property } from "./emitter.ts";
import type { Scope, Site } from "./kind.ts";
import { pipeOf, readPipe, writePipe } from "./pipe.ts";

/*
 * A method's four bodies. Each parameter is a whole item: what it points to follows it at once, before the next parameter.
 */

export type MethodPart = "encodeRequest" | "decodeRequest" | "encodeResponse" | "decodeResponse";

export function compileMethod(
  compiler: Compiler,
  method: MethodDescriptor,
  part: MethodPart,
  big: boolean,
): CompiledFunction {
  const e = compiler.emitter(part.startsWith("encode") ? "encode" : big ? "decodeBig" : "decode");
  const [params, body] = bodies[part];
  body(e, method);
  const title = `${method.name}.${part}${big ? "Big" : ""}`;
  return e.compile(`return function (${params}) {\n${e.take()}\n};`, title) as CompiledFunction;
}

const bodies: Readonly<
  Record<MethodPart, readonly [params: string, body: (e: Emitter, method: MethodDescriptor) => void]>
> = {
  encodeRequest: ["w, args, s", encodeRequest],
  decodeRequest: ["r, s", decodeRequest],
  encodeResponse: ["w, args, result, status, s", encodeResponse],
  decodeResponse: ["r, args, s, status", decodeResponse],
};

export const inputsOf = (method: MethodDescriptor): readonly ParamDescriptor[] =>
  method.params.filter((param) => param.in);
export const outputsOf = (method: MethodDescriptor): readonly ParamDescriptor[] =>
  method.params.filter((param) => param.out);

/** True when the return value is part of the result. */
export function returnsValue(method: MethodDescriptor): boolean {
  const { returns } = method;
  return !(returns.kind === "base" && (returns.name === "void" || returns.name === "hresult"));
}

const isHResult = (type: NdrType): boolean => type.kind === "base" && type.name === "hresult";

/** True when the result is one value and no object of several. */
export function singleResult(method: MethodDescriptor): boolean {
  return outputsOf(method).length + (returnsValue(method) ? 1 : 0) <= 1;
}

function scopeOf(method: MethodDescriptor, values: ReadonlyMap<string, string>): Scope {
  return {
    value: (name) => values.get(name),
    type: (name) => method.params.find((param) => param.name === name)?.type,
  };
}

/** Emits constants for the [in] arguments. */
function bindInputs(
  e: Emitter,
  method: MethodDescriptor,
  wanted: (param: ParamDescriptor) => boolean,
): Map<string, string> {
  const values = new Map<string, string>();
  inputsOf(method).forEach((param, i) => {
    if (wanted(param)) values.set(param.name, e.bind(`args[${i}]`, param.name));
  });
  return values;
}

function siteOf(
  method: MethodDescriptor,
  param: ParamDescriptor,
  scope: Scope,
  checks: (() => void)[],
): Site {
  return { scope, where: `${method.name}, ${param.name}`, counts: [], switchIs: param.switchIs, checks };
}

/** The pipes of a request stand behind its other parameters, those of a response before them ([C706] 14.3.10). */
function pipesLast(params: readonly ParamDescriptor[]): readonly ParamDescriptor[] {
  const pipes = params.filter(({ type }) => pipeOf(type) !== undefined);
  return pipes.length === 0 ? params : [...params.filter((param) => !pipes.includes(param)), ...pipes];
}

function pipesFirst(params: readonly ParamDescriptor[]): readonly ParamDescriptor[] {
  const pipes = params.filter(({ type }) => pipeOf(type) !== undefined);
  return pipes.length === 0 ? params : [...pipes, ...params.filter((param) => !pipes.includes(param))];
}

function writeParams(
  e: Emitter,
  method: MethodDescriptor,
  params: readonly ParamDescriptor[],
  values: ReadonlyMap<string, string>,
): void {
  const scope = scopeOf(method, values);
  for (const param of params) {
    const value = values.get(param.name) ?? "undefined";
    const site = siteOf(method, param, scope, []);
    if (param.range !== undefined)
      expectRange(e, site.where, value, param.range, param.type.kind === "pointer");
    const pipe = pipeOf(param.type);
    if (pipe === undefined) writeWhole(e, param.type, value, site);
    else writePipe(e, pipe, value, site);
  }
}

function readParams(
  e: Emitter,
  method: MethodDescriptor,
  params: readonly ParamDescriptor[],
  values: Map<string, string>,
): void {
  const scope = scopeOf(method, values);
  const checks: (() => void)[] = [];
  for (const param of params) {
    const site = siteOf(method, param, scope, checks);
    const pipe = pipeOf(param.type);
    const code = pipe === undefined ? readWhole(e, param.type, site) : readPipe(e, pipe, site);
    const value = e.bind(code, param.name);
    values.set(param.name, value);
    if (param.range !== undefined)
      expectRange(e, site.where, value, param.range, param.type.kind === "pointer");
  }
  for (const check of checks) check();
}

function encodeRequest(e: Emitter, method: MethodDescriptor): void {
  e.line("let d = w.view;");
  writeParams(
    e,
    method,
    pipesLast(inputsOf(method)),
    bindInputs(e, method, () => true),
  );
}

function decodeRequest(e: Emitter, method: MethodDescriptor): void {
  const values = new Map<string, string>();
  e.line("const d = r.view;");
  readParams(e, method, pipesLast(inputsOf(method)), values);
  e.line(
    `return [${inputsOf(method)
      .map((param) => values.get(param.name))
      .join(", ")}];`,
  );
}

function encodeResponse(e: Emitter, method: MethodDescriptor): void {
  e.line("let d = w.view;");
  const values = bindInputs(e, method, (param) => !param.out);
  const single = singleResult(method);
  for (const param of outputsOf(method)) {
    values.set(param.name, single ? "result" : e.bind(property("result", param.name), param.name));
  }
  writeParams(e, method, pipesFirst(outputsOf(method)), values);
  if (isHResult(method.returns)) writeReturn(e, method, "status");
  else if (returnsValue(method)) writeReturn(e, method, single ? "result" : "result.returnValue");
}

function writeReturn(e: Emitter, method: MethodDescriptor, value: string): void {
  const scope = scopeOf(method, new Map());
  writeWhole(e, method.returns, value, {
    scope,
    where: `${method.name}, return value`,
    counts: [],
    checks: [],
  });
}

function decodeResponse(e: Emitter, method: MethodDescriptor): void {
  e.line("const d = r.view;");
  const values = bindInputs(e, method, (param) => !param.out);
  const outputs = outputsOf(method);
  readParams(e, method, pipesFirst(outputs), values);
  const members = outputs.map((param) => `${key(param.name)}: ${values.get(param.name)}`);
  if (method.returns.kind !== "base" || method.returns.name !== "void") {
    const scope = scopeOf(method, new Map());
    const site: Site = { scope, where: `${method.name}, return value`, counts: [], checks: [] };
    const returned = e.bind(readWhole(e, method.returns, site), "returned");
    if (isHResult(method.returns)) e.line(`status.code = ${returned};`);
    else members.push(`returnValue: ${returned}`);
  }
  if (!isHResult(method.returns)) e.line("status.code = 0;");
  const single = members[0]?.slice(members[0].indexOf(": ") + 2);
  e.line(`return ${singleResult(method) ? (single ?? "undefined") : `{ ${members.join(", ")} }`};`);
}
