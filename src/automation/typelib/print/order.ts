import type { TypeInfo, TypeLibrary, TypeReference } from "../model.ts";
import { referencesOf } from "./declarator.ts";

const TKIND_INTERFACE = 3;
const TKIND_DISPATCH = 4;
const TKIND_COCLASS = 5;

/** True for types that IDL can announce before it defines them. */
export function canAnnounce(type: TypeInfo): boolean {
  return type.kind === TKIND_INTERFACE || type.kind === TKIND_DISPATCH || type.kind === TKIND_COCLASS;
}

/** The positions of the types so that each stands behind those it needs defined, else in their own order. */
export function definitionOrder(library: TypeLibrary): number[] {
  const done = new Set<number>();
  const order: number[] = [];
  const visit = (index: number): void => {
    if (done.has(index)) return;
    done.add(index);
    const type = library.types[index];
    if (type === undefined) return;
    for (const needed of needs(type, library)) visit(needed);
    order.push(index);
  };
  for (const index of library.types.keys()) visit(index);
  return order;
}

function needs(type: TypeInfo, library: TypeLibrary): number[] {
  const used = [
    ...(type.alias === undefined ? [] : [type.alias]),
    ...type.variables.map((variable) => variable.type),
    ...type.functions.flatMap((desc) => [desc.result, ...desc.params.map((param) => param.type)]),
  ].flatMap(referencesOf);
  const local = (reference: TypeReference): number => ("local" in reference ? reference.local : -1);
  const values = used.map(local).filter((index) => {
    const target = library.types[index];
    return target !== undefined && !canAnnounce(target);
  });
  // Bases, and what a coclass is made of, must stand before.
  return [...values, ...type.implTypes.map((impl) => local(impl.reference)).filter((index) => index >= 0)];
}
