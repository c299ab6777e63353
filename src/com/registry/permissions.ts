import { ComError, HResult } from "../../base/index.ts";
import { type Caller, type GenericMapping, grantedRights, sidsOf } from "../security/access-check.ts";
import { inheritedDescriptor } from "../security/inheritance.ts";
import {
  AceType,
  type SecurityDescriptor,
  decodeSecurityDescriptor,
  encodeSecurityDescriptor,
} from "../security/security-descriptor.ts";
import { parseSddl } from "../security/sddl.ts";
import { WellKnownSid } from "../security/sid.ts";
import { type NodeReader, type NodeWriter, ROOT } from "./nodes.ts";

/** The rights of registry keys (KEY_*, and the standard ones). */
export const KeyRights = {
  KEY_QUERY_VALUE: 0x1,
  KEY_SET_VALUE: 0x2,
  KEY_CREATE_SUB_KEY: 0x4,
  KEY_ENUMERATE_SUB_KEYS: 0x8,
  KEY_NOTIFY: 0x10,
  DELETE: 0x1_0000,
  READ_CONTROL: 0x2_0000,
  WRITE_DAC: 0x4_0000,
  WRITE_OWNER: 0x8_0000,
  ACCESS_SYSTEM_SECURITY: 0x100_0000,
} as const;

/** KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS. */
const mapping: GenericMapping = { read: 0x2_0019, write: 0x2_0006, execute: 0x2_0019, all: 0xf_003f };

/** What holds where no key above says anything: everything for administrators, reading for everybody who has logged on. */
const usual: SecurityDescriptor = parseSddl("O:BAG:SYD:(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KR;;;WD)");

/** Where a key really is: the number of a root and names below it. */
export interface Place {
  readonly root: number;
  readonly names: readonly string[];
}

/** A key's descriptor, and whether it is its own. */
export interface KeySecurity {
  readonly descriptor: SecurityDescriptor;
  /** False: it comes from a key above, or from nowhere. */
  readonly own: boolean;
}

/** The descriptor that holds for a key: its own, else what the nearest key above has to inherit, else the usual one. */
export function securityOf(nodes: NodeReader, place: Place): KeySecurity {
  if (!nodes.secured) return { descriptor: usual, own: false };
  let at: number | undefined = place.root;
  let bytes = nodes.info(at).security;
  let levels = 0;
  for (const name of place.names) {
    at = nodes.child(at, name);
    if (at === undefined) break;
    const { security } = nodes.info(at);
    if (security === undefined) levels++;
    else [bytes, levels] = [security, 0];
  }
  if (bytes === undefined) return { descriptor: usual, own: false };
  const descriptor = decodeSecurityDescriptor(bytes);
  if (levels === 0) return { descriptor, own: true };
  return { descriptor: inheritedDescriptor(descriptor, levels) ?? usual, own: false };
}

/** Checks what one caller does with keys. */
export class KeyGate {
  readonly #nodes: NodeReader;
  readonly #caller: Caller;

  constructor(nodes: NodeReader, caller: Caller) {
    this.#nodes = nodes;
    this.#caller = caller;
  }

  /** True when nothing can be refused: the machine's owner asks, and no key has a descriptor. */
  get open(): boolean {
    return this.#caller.local && !this.#nodes.secured;
  }

  /** Throws E_ACCESSDENIED, gate "registry key", unless the caller has all the rights; without any named, unless it has one at all. */
  check(place: Place, ...rights: readonly (keyof typeof KeyRights)[]): void {
    if (this.open) return;
    const granted = this.granted(place);
    const missing = rights.filter((right) => (granted & KeyRights[right]) === 0);
    if (rights.length === 0 ? granted === 0 : missing.length > 0) throw this.#refusal(place, missing);
  }

  /** All rights the caller has. */
  granted(place: Place): number {
    return grantedRights(securityOf(this.#nodes, place).descriptor, this.#caller, mapping);
  }

  /** That everything below may be deleted, too. */
  checkTree(place: Place): void {
    if (this.open) return;
    this.check(place, "DELETE");
    this.checkBelow(place);
  }

  checkBelow(place: Place): void {
    if (this.open) return;
    const id = this.#nodes.find(place.root, place.names);
    const children = id === undefined ? [] : this.#nodes.children(id);
    if (children.length > 0) this.check(place, "KEY_ENUMERATE_SUB_KEYS");
    for (const { name } of children) this.checkTree({ root: place.root, names: [...place.names, name] });
  }

  /** The descriptor of a key the caller has made: what it inherits, and the caller for its owner. Undefined where that says nothing new. */
  ofNew(parent: Place): SecurityDescriptor | undefined {
    const { local, sid } = this.#caller;
    if (local || sid === undefined) return undefined;
    return (
      inheritedDescriptor(securityOf(this.#nodes, parent).descriptor, 1, sid) ?? { ...usual, owner: sid }
    );
  }

  /** Checks a change of a key's descriptor, and answers what it becomes: parts that are not named stay. */
  changed(place: Place, wanted: SecurityDescriptor | undefined): SecurityDescriptor | undefined {
    const { descriptor: before } = securityOf(this.#nodes, place);
    if (wanted === undefined) {
      this.check(place, "WRITE_DAC", "WRITE_OWNER");
      if (before.sacl !== undefined) this.check(place, "ACCESS_SYSTEM_SECURITY");
      return undefined;
    }
    checkKinds(wanted);
    const { owner = before.owner, group = before.group, dacl = before.dacl, sacl = before.sacl } = wanted;
    if (wanted.dacl !== undefined) this.check(place, "WRITE_DAC");
    if (owner !== before.owner || group !== before.group) this.check(place, "WRITE_OWNER");
    if (owner !== before.owner) this.#checkOwner(place, owner);
    if (wanted.sacl !== undefined) this.check(place, "ACCESS_SYSTEM_SECURITY");
    return { owner, group, dacl: dacl ?? null, sacl, control: wanted.control };
  }

  /** One gives what is one's own to oneself or one's group; administrators may give it to anybody. */
  #checkOwner(place: Place, owner: string | undefined): void {
    const mine = sidsOf(this.#caller);
    if (mine.has(WellKnownSid.administrators) || (owner !== undefined && mine.has(owner))) return;
    throw new ComError(
      HResult.E_ACCESSDENIED,
      `${this.#who} may not make ${owner} the owner of ${nameOf(place)}`,
      {
        gate: "registry key",
      },
    );
  }

  get #who(): string {
    const { local, account } = this.#caller;
    return local ? "the machine's owner" : (account ?? "an anonymous caller");
  }

  #refusal(place: Place, missing: readonly string[]): ComError {
    const what = missing.length === 0 ? "any right" : missing.join(" and ");
    return new ComError(
      HResult.E_ACCESSDENIED,
      `${this.#who} does not have ${what} to the key ${nameOf(place)}`,
      { gate: "registry key" },
    );
  }
}

/** Gives a key the descriptor that `KeyGate.changed` or `ofNew` answered. */
export function keepSecurity(nodes: NodeWriter, id: number, security: SecurityDescriptor | undefined): void {
  nodes.setSecurity(id, security === undefined ? undefined : encodeSecurityDescriptor(security));
}

/** Entries whose meaning is not known cannot be checked: better not to take them. */
function checkKinds({ dacl, sacl }: SecurityDescriptor): void {
  const { allow, deny, audit, alarm, label } = AceType;
  const fine =
    (dacl ?? []).every(({ type, rest }) => (type === allow || type === deny) && rest === undefined) &&
    (sacl ?? []).every(
      ({ type, rest }) => [audit, alarm, label].some((one) => one === type) && rest === undefined,
    );
  if (!fine)
    throw new ComError(HResult.E_INVALIDARG, "a key's access list has entries that allow or deny, no others");
}

const rootNames: Readonly<Record<number, string>> = {
  [ROOT.machine]: "HKEY_LOCAL_MACHINE",
  [ROOT.users]: "HKEY_USERS",
  [ROOT.config]: "HKEY_CURRENT_CONFIG",
};

function nameOf({ root, names }: Place): string {
  return [rootNames[root], ...names].join("\\");
}
