import type { MethodDescriptor, ParamDescriptor } from "../../ndr/index.ts";

/** The arguments of a request by the names of the [in] parameters. */
export function namedArguments(method: MethodDescriptor, args: readonly unknown[]): Record<string, unknown> {
  const names = method.params.filter((param) => param.in);
  return Object.fromEntries(names.map((param, i) => [param.name, args[i]]));
}

/** The results of a response by the names of the [out] parameters: a single one comes bare from the codec. */
export function namedResults(method: MethodDescriptor, result: unknown): Record<string, unknown> {
  const outputs = outputNames(method);
  const [only] = outputs;
  if (only === undefined) return {};
  if (outputs.length === 1) return { [only]: result };
  return typeof result === "object" && result !== null ? { ...result } : { [only]: result };
}

function outputNames(method: MethodDescriptor): string[] {
  const names = method.params.filter((param: ParamDescriptor) => param.out).map((param) => param.name);
  const { returns } = method;
  const bare = returns.kind === "base" && (returns.name === "void" || returns.name === "hresult");
  return bare ? names : [...names, "returnValue"];
}
