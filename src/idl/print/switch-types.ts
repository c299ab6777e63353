import type { Entity, Type, Union } from "../model.ts";
import { attributeOf, unalias } from "../model.ts";
import type { Attribute, Expr } from "../syntax/ast.ts";

interface Place {
  readonly name: string;
  readonly type: Type;
  readonly attributes: readonly Attribute[];
}

/** The types of the discriminants of unions without [switch_type], found at the places of their use. */
export function inferSwitchTypes(entities: readonly Entity[]): ReadonlyMap<Union, Type> {
  const found = new Map<Union, Type>();
  for (const entity of entities) {
    if (entity.kind === "struct") inferAmong(entity.fields, found);
    else if (entity.kind === "interface")
      for (const method of entity.methods) inferAmong(method.params, found);
  }
  return found;
}

function inferAmong(places: readonly Place[], found: Map<Union, Type>): void {
  for (const place of places) {
    const expr = attributeOf(place.attributes, "switch_is")?.args?.[0];
    const union = unionIn(place.type);
    if (expr === undefined || union === undefined || union.switchType !== undefined || found.has(union))
      continue;
    const name = nameIn(expr);
    const sibling = places.find((it) => it.name === name);
    const type = sibling === undefined ? undefined : pointee(sibling.type);
    if (type?.kind === "base" || type?.kind === "enum") found.set(union, type);
  }
}

/** What is left when typedefs and pointers are looked through. */
function pointee(type: Type): Type {
  let plain = unalias(type);
  for (let i = 0; plain.kind === "pointer" && i < 8; i++) plain = unalias(plain.to);
  return plain;
}

function unionIn(type: Type): Union | undefined {
  const plain = pointee(type);
  return plain.kind === "union" && plain.encapsulated === undefined ? plain : undefined;
}

function nameIn(expr: Expr): string | undefined {
  switch (expr.kind) {
    case "name":
      return expr.name;
    case "unary":
    case "cast":
      return nameIn(expr.operand);
    case "binary":
      return nameIn(expr.left) ?? nameIn(expr.right);
    case "conditional":
      return nameIn(expr.test);
    default:
      return undefined;
  }
}
