import type { IUnknown } from "../../com/index.ts";
import { Variant } from "../variant.ts";
import type { CallValues } from "./dispatch-call.ts";
import { NamedArguments } from "./named.ts";
import type { Host } from "./scope.ts";
import { callableVariant, isValue } from "./values.ts";

/** What arguments need to know of the paths among them. */
export interface ArgumentContext {
  readonly host: Host;
  /** Pointers that go back after the call. */
  readonly borrowed: IUnknown[];
  /** The VARIANT of a late-bound object, or of what a path leads to; undefined for everything else. */
  readonly late: (value: unknown) => Promise<Variant> | undefined;
}

/** The arguments of a call, the last one perhaps by name. `value`: what a property is set to, boxed because undefined is a value too. */
export async function valuesOf(
  context: ArgumentContext,
  args: readonly unknown[],
  value: { readonly value: unknown } | undefined,
): Promise<CallValues> {
  const last = args.at(-1);
  const plain = last instanceof NamedArguments ? args.slice(0, -1) : args;
  const positional: Variant[] = [];
  for (const argument of plain) positional.push(await argumentOf(context, argument));
  const named: Record<string, Variant> = {};
  if (last instanceof NamedArguments) {
    for (const [name, one] of Object.entries(last.values)) named[name] = await argumentOf(context, one);
  }
  if (value === undefined) return { positional, named };
  return { positional, named, value: await argumentOf(context, value.value) };
}

/** Objects in hand by their pointers, paths and promises by what they lead to, JavaScript's own objects and functions to be called back. */
async function argumentOf(context: ArgumentContext, argument: unknown): Promise<Variant> {
  const late = context.late(argument);
  if (late !== undefined) return late;
  if (typeof argument === "function") return callableVariant(argument, context.host);
  if (typeof argument !== "object" || argument === null) return Variant.from(argument);
  if (isThenable(argument)) return argumentOf(context, await argument);
  if (isValue(argument)) return Variant.from(argument);
  if (!Array.isArray(argument)) return callableVariant(argument, context.host);
  const elements: Variant[] = [];
  for (const element of argument as readonly unknown[]) elements.push(await argumentOf(context, element));
  return Variant.from(elements);
}

function isThenable(value: object): value is PromiseLike<unknown> {
  return "then" in value && typeof value.then === "function";
}
