import type { InterfaceDescriptor, MethodDescriptor } from "./interface.ts";
import type { NdrType } from "./types.ts";

/** How deep types are compared: enough to tell contracts apart, however they are nested. */
const maxDepth = 4;

/** What two definitions of one interface differ in; undefined when they are the same contract. */
export function differenceOf(a: InterfaceDescriptor, b: InterfaceDescriptor): string | undefined {
  // Those of dispinterfaces are known by their DISPIDs, in any order.
  if (a.kind === "dispatch") return undefined;
  if (a.base?.iid !== b.base?.iid) return "its base interface";
  const [left, right] = [a.methods, b.methods];
  if (left.length !== right.length) return `its number of methods (${left.length} and ${right.length})`;
  for (const [index, method] of left.entries()) {
    const other = right[index] as MethodDescriptor;
    // Type libraries keep one spelling of a name, whatever its letters' case.
    if (method.name.toLowerCase() !== other.name.toLowerCase())
      return `method ${method.opnum} (${method.name} and ${other.name})`;
    if (signatureOf(method) !== signatureOf(other)) return `method ${method.name}`;
  }
  return undefined;
}

function signatureOf({ opnum, params, returns, local }: MethodDescriptor): string {
  if (local === true) return `${opnum} local`;
  const list = params.map((param) => `${param.in}${param.out}${typeSignature(param.type, 0)}`);
  return `${opnum}(${list.join()})${typeSignature(returns, 0)}`;
}

function typeSignature(type: NdrType, depth: number): string {
  if (depth > maxDepth) return "…";
  switch (type.kind) {
    case "base":
      return type.name;
    case "enum":
      return "enum"; // a type library does not say how wide
    case "struct":
      return `{${type
        .fields()
        .map((field) => typeSignature(field.type, depth + 1))
        .join()}}`;
    case "union":
      return `union(${type
        .arms()
        .map((arm) => `${arm.cases.join("|")}:${arm.type === null ? "" : typeSignature(arm.type, depth + 1)}`)
        .join()})`;
    case "pointer":
      return `${type.pointer}*${typeSignature(type.to, depth + 1)}`;
    case "array":
      return `[${type.dims.length}]${typeSignature(type.of, depth + 1)}`;
    case "string":
      return `string ${type.char}`;
    case "interface":
      return type.iid === undefined ? "interface" : type.iid.toLowerCase();
    case "pipe":
      return `pipe ${typeSignature(type.of, depth + 1)}`;
    default:
      return type.kind;
  }
}
