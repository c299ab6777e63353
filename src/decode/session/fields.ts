import type { Guid } from "../../base/index.ts";
import { namedInterface } from "../names/interfaces.ts";
import { transferSyntaxName } from "../names/words.ts";
import { type SyntaxId, featuresOf } from "../rpc.ts";
import type { InterfaceRef, Json } from "./decoded.ts";

export function interfaceRef(uuid: Guid, version: string): InterfaceRef {
  return { uuid, version, name: namedInterface(uuid)?.name };
}

export function interfaceOf(syntax: SyntaxId): InterfaceRef {
  return interfaceRef(syntax.uuid, syntax.version.join("."));
}

export function methodName(uuid: Guid, opnum: number): string | undefined {
  return namedInterface(uuid)?.methods[opnum];
}

/** A transfer syntax with its name; of bind-time features also which ones. */
export function transferJson(syntax: SyntaxId): Json {
  const features = featuresOf(syntax);
  return {
    uuid: syntax.uuid,
    version: syntax.version.join("."),
    name: transferSyntaxName(syntax.uuid),
    features: features === undefined ? undefined : featureNames(features),
  };
}

/** [MS-RPCE] 2.2.2.14: what the two bits mean. */
export function featureNames(features: number): string[] {
  const names: string[] = [];
  if (features & 1) names.push("security context multiplexing");
  if (features & 2) names.push("keep connection on orphan");
  return names;
}

const callFlags: readonly [number, string][] = [
  [0x01, "first"],
  [0x02, "last"],
  [0x04, "pending_cancel"],
  [0x10, "concurrent_multiplexing"],
  [0x20, "did_not_execute"],
  [0x40, "maybe"],
  [0x80, "object_uuid"],
];

/** Names of the header's flags; one bit means another thing in binds and their answers ([MS-RPCE] 2.2.2.3). */
export function flagNames(flags: number, isBind: boolean): string[] {
  const names: string[] = [];
  for (const [bit, name] of callFlags) {
    if (flags & bit) names.push(bit === 0x04 && isBind ? "support_header_sign" : name);
  }
  return names;
}
