import { type Guid, tryParseGuid } from "../../base/index.ts";
import type { InterfaceDescriptor } from "../../ndr/index.ts";
import { allMethods, knownInterface } from "../body/contracts.ts";
import { comInterfaces } from "./com-interfaces.ts";
import { rpcInterfaces } from "./rpc-interfaces.ts";
import { serviceInterfaces } from "./service-interfaces.ts";

/** What is known of an interface by its UUID alone. */
export interface NamedInterface {
  readonly name: string;
  /** True when its calls carry ORPCTHIS and ORPCTHAT: it derives from IUnknown. */
  readonly isObject: boolean;
  /** Method names by operation number; holes where nobody knows. */
  readonly methods: readonly (string | undefined)[];
}

interface Row {
  readonly name: string;
  readonly base: string;
  readonly own: readonly string[];
}

/** Name and methods of an interface: from its descriptor when the program has one, else from the table. */
export function namedInterface(uuid: Guid): NamedInterface | undefined {
  const known = cache.get(uuid);
  if (known !== undefined) return known;
  const found = fromDescriptor(knownInterface(uuid)) ?? fromTable(uuid);
  if (found !== undefined) cache.set(uuid, found);
  return found;
}

const cache = new Map<Guid, NamedInterface>();

function fromDescriptor(descriptor: InterfaceDescriptor | undefined): NamedInterface | undefined {
  if (descriptor === undefined) return undefined;
  const methods: string[] = [];
  for (const method of allMethods(descriptor)) methods[method.opnum] = method.name;
  return { name: descriptor.name, isObject: descriptor.kind !== "rpc", methods };
}

function fromTable(uuid: Guid): NamedInterface | undefined {
  const row = rows().byUuid.get(uuid);
  if (row === undefined) return undefined;
  const chain = inherited(row);
  return { name: row.name, isObject: chain.isObject, methods: chain.methods };
}

/** The methods of the bases, then its own. A base nobody knows leaves the numbers unknown. */
function inherited(row: Row, depth = 0): { isObject: boolean; methods: readonly (string | undefined)[] } {
  if (row.name === "IUnknown") return { isObject: true, methods: row.own };
  if (row.base === "-" || depth > 16) return { isObject: false, methods: row.own };
  const base = rows().byName.get(row.base);
  if (base === undefined) return { isObject: true, methods: [] };
  const { isObject, methods } = inherited(base, depth + 1);
  const complete = methods.length > 0 && (base.own.length > 0 || base.name === "IUnknown");
  return { isObject, methods: complete ? [...methods, ...row.own] : [] };
}

let parsed: { byUuid: Map<string, Row>; byName: Map<string, Row> } | undefined;

/** The table, read at its first use. */
function rows(): { byUuid: Map<string, Row>; byName: Map<string, Row> } {
  if (parsed !== undefined) return parsed;
  parsed = { byUuid: new Map(), byName: new Map() };
  for (const line of [rpcInterfaces, serviceInterfaces, comInterfaces].join("").split("\n")) {
    const [uuid, name, base, ...own] = line.split(" ");
    if (tryParseGuid(uuid ?? "") === undefined || name === undefined || base === undefined) continue;
    const row = { name, base, own };
    parsed.byUuid.set(uuid as string, row);
    parsed.byName.set(name, row);
  }
  return parsed;
}
