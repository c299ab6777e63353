import { userInfo } from "node:os";
import { type Clock, ComError, HResult, systemClock } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import type { Caller } from "../security/access-check.ts";
import { actingCaller } from "../security/acting.ts";
import type { SecurityDescriptor } from "../security/security-descriptor.ts";
import { NodeReader, NodeWriter, ROOT, TABLE } from "./nodes.ts";
import { type KeyPath, foldName, formatPath, parsePath } from "./path.ts";
import { KeyGate, KeyRights, type KeySecurity, type Place, keepSecurity, securityOf } from "./permissions.ts";
import { type RegistryData, type RegistryValue, bytesOf, dataOf, expandText, typeFor } from "./value.ts";

/** What is known of a key itself. */
export interface KeyInfo {
  /** Milliseconds since 1970 of the last change of its values or of the names of its subkeys. */
  readonly lastWrite: number;
}

/**
 * Reads keys. Paths begin with a predefined key: `HKCR\CLSID\{...}`, `HKEY_LOCAL_MACHINE\SOFTWARE`. Names compare without case. What the caller may
 * not do with a key throws E_ACCESSDENIED, gate "registry key".
 */
export interface RegistryView {
  exists(path: string): boolean;
  /** Names of the subkeys in order; empty for a key that is not there. */
  subkeys(path: string): string[];
  /** The values in the order they were first set; empty for a key that is not there. */
  values(path: string): RegistryValue[];
  /** A value by name; "" is the key's default value. */
  value(path: string, name?: string): RegistryValue | undefined;
  /** A text value (SZ, or EXPAND_SZ with the environment's variables put in); undefined when it is not there or not text. */
  text(path: string, name?: string): string | undefined;
  /** A DWORD; undefined when it is not there or none. */
  number(path: string, name?: string): number | undefined;
  info(path: string): KeyInfo | undefined;
  /** Whose the key is and who may what with it (RegGetKeySecurity); undefined for a key that is not there. The audit list is for administrators. */
  security(path: string): KeySecurity | undefined;
}

/** Changes keys, within one transaction; it sees its own changes. */
export interface RegistryEditor extends RegistryView {
  /** Makes a key, and those above it. Answers whether it is new. */
  create(path: string): boolean;
  /** Sets a value, making the key when needed. Without a type, the data's own: SZ, DWORD, QWORD, MULTI_SZ, BINARY. */
  set(path: string, name: string, data: RegistryData, type?: number): void;
  /** Removes a value; answers whether it was there. */
  unset(path: string, name: string): boolean;
  /** Removes a key without subkeys (RegDeleteKey); answers whether it was there. */
  delete(path: string): boolean;
  /** Removes a key and all below it (RegDeleteTree); of a predefined key, what is in it. */
  deleteTree(path: string): boolean;
  /**
   * Gives a key a security descriptor of its own, or takes it away (RegSetKeySecurity). Owner, group or a list that the descriptor does not have stay as they
   * are.
   */
  setSecurity(path: string, security: SecurityDescriptor | undefined): void;
}

export interface RegistryOptions {
  readonly clock?: Clock;
  /** Whose key HKEY_CURRENT_USER is. Default: the user this process runs as. */
  readonly user?: string;
  /** Who reads and writes. Default: the machine's owner, or the client that is impersonated. */
  readonly caller?: Caller;
}

/** The machine's registry: keys and typed values under the predefined keys, in a store that several processes share. */
export class Registry implements RegistryView {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #user: string;
  #stamp: bigint | undefined;
  readonly #caller: Caller | undefined;

  /** The registry kept in a store. The store stays the caller's. */
  constructor(store: Store, options: RegistryOptions = {}) {
    this.#store = store;
    this.#clock = options.clock ?? systemClock;
    this.#user = options.user ?? userInfo().username;
    this.#caller = options.caller;
  }

  /** As whom keys are read and written at this moment. */
  get caller(): Caller {
    return this.#caller ?? actingCaller();
  }

  /** The same registry, read and written as somebody. */
  as(caller: Caller): Registry {
    return new Registry(this.#store, { clock: this.#clock, user: this.#user, caller });
  }

  /** Counts the edits of all processes: what was read while it had one value still holds. */
  get stamp(): bigint {
    if (this.#stamp !== undefined) return this.#stamp;
    // Nobody can have told us of a change before this run of code ends.
    queueMicrotask(() => (this.#stamp = undefined));
    return (this.#stamp = this.#store.changes(TABLE));
  }

  /** Runs several reads on one snapshot. */
  read<T>(run: (view: RegistryView) => T): T {
    return this.#store.read((view) => run(new ViewOf(new NodeReader(view), this.#user, this.caller)));
  }

  /**
   * Runs `run` alone among all processes and keeps what it did, or nothing of it when it throws. When the promise resolves the change is on disk.
   * `run` is synchronous.
   */
  async edit<T>(run: (editor: RegistryEditor) => T): Promise<T> {
    const { caller } = this; // the store may run it later, in another context
    return this.#store.write((transaction) => {
      const nodes = new NodeWriter(transaction, this.#clock.now());
      const result = run(new EditorOf(nodes, this.#user, caller));
      nodes.finish();
      return result;
    });
  }

  exists(path: string): boolean {
    return this.read((view) => view.exists(path));
  }

  subkeys(path: string): string[] {
    return this.read((view) => view.subkeys(path));
  }

  values(path: string): RegistryValue[] {
    return this.read((view) => view.values(path));
  }

  value(path: string, name?: string): RegistryValue | undefined {
    return this.read((view) => view.value(path, name));
  }

  text(path: string, name?: string): string | undefined {
    return this.read((view) => view.text(path, name));
  }

  number(path: string, name?: string): number | undefined {
    return this.read((view) => view.number(path, name));
  }

  info(path: string): KeyInfo | undefined {
    return this.read((view) => view.info(path));
  }

  security(path: string): KeySecurity | undefined {
    return this.read((view) => view.security(path));
  }

  /**
   * Calls `listener` after the key's values, its subkeys' names or its security changed, and with `subtree` after any change below it, whichever
   * process made it (RegNotifyChangeKeyValue, again and again). Also when the key appears or goes. Latency: see Store.watch.
   */
  watch(path: string, listener: () => void, options: { readonly subtree?: boolean } = {}): Disposable {
    const state = (): string =>
      this.#store.read((view) => this.#stateOf(new NodeReader(view), path, options));
    this.read((view) => (view as ViewOf<NodeReader>).checkNotify(path));
    let before = state();
    return this.#store.watch(TABLE, () => {
      const now = state();
      if (now === before) return;
      before = now;
      listener();
    });
  }

  #stateOf(nodes: NodeReader, path: string, options: { readonly subtree?: boolean }): string {
    const places = placesOf(parsePath(path), this.#user);
    return places
      .map((place) => {
        const id = nodes.find(place.root, place.names);
        if (id === undefined) return "none";
        const info = nodes.info(id);
        return `${id}:${options.subtree === true ? info.treeStamp : info.stamp}`;
      })
      .join();
  }
}

/** HKEY_CLASSES_ROOT is two places in one: the user's classes over the machine's. All other paths are one place. */
function placesOf(path: KeyPath, user: string): readonly [Place, ...Place[]] {
  const { root, names } = path;
  switch (root) {
    case "HKEY_LOCAL_MACHINE":
      return [{ root: ROOT.machine, names }];
    case "HKEY_USERS":
      return [{ root: ROOT.users, names }];
    case "HKEY_CURRENT_CONFIG":
      return [{ root: ROOT.config, names }];
    case "HKEY_CURRENT_USER":
      return [{ root: ROOT.users, names: [user, ...names] }];
    default:
      return [
        { root: ROOT.users, names: [user, "Software", "Classes", ...names] },
        { root: ROOT.machine, names: ["SOFTWARE", "Classes", ...names] },
      ];
  }
}

class ViewOf<N extends NodeReader> implements RegistryView {
  protected readonly nodes: N;
  protected readonly gate: KeyGate;
  readonly #user: string;

  constructor(nodes: N, user: string, caller: Caller) {
    this.nodes = nodes;
    this.gate = new KeyGate(nodes, caller);
    this.#user = user;
  }

  protected places(path: string): readonly [Place, ...Place[]] {
    return placesOf(parsePath(path), this.#user);
  }

  /** The keys at a path, the one that counts more first; all of them must grant the rights. */
  protected ids(path: string, ...rights: readonly (keyof typeof KeyRights)[]): number[] {
    const ids: number[] = [];
    for (const place of this.places(path)) {
      const id = this.nodes.find(place.root, place.names);
      if (id === undefined) continue;
      this.gate.check(place, ...rights);
      ids.push(id);
    }
    return ids;
  }

  exists(path: string): boolean {
    return this.ids(path).length > 0 || parsePath(path).names.length === 0;
  }

  subkeys(path: string): string[] {
    const names = new Map<string, string>();
    for (const id of this.ids(path, "KEY_ENUMERATE_SUB_KEYS")) {
      for (const { name } of this.nodes.children(id)) {
        if (!names.has(foldName(name))) names.set(foldName(name), name);
      }
    }
    return [...names].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, name]) => name);
  }

  values(path: string): RegistryValue[] {
    const values = new Map<string, RegistryValue>();
    for (const id of this.ids(path, "KEY_QUERY_VALUE")) {
      for (const value of this.nodes.values(id)) {
        if (!values.has(foldName(value.name))) values.set(foldName(value.name), value);
      }
    }
    return [...values.values()];
  }

  value(path: string, name = ""): RegistryValue | undefined {
    for (const id of this.ids(path, "KEY_QUERY_VALUE")) {
      const value = this.nodes.value(id, name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  text(path: string, name = ""): string | undefined {
    const value = this.value(path, name);
    if (value === undefined) return undefined;
    const data = dataOf(value);
    if (typeof data !== "string") return undefined;
    return value.type === 2 ? expandText(data) : data;
  }

  number(path: string, name = ""): number | undefined {
    const value = this.value(path, name);
    const data = value === undefined ? undefined : dataOf(value);
    return typeof data === "number" ? data : undefined;
  }

  info(path: string): KeyInfo | undefined {
    const [id] = this.ids(path, "KEY_QUERY_VALUE");
    if (id === undefined) return undefined;
    const { lastWrite } = this.nodes.info(id);
    return { lastWrite };
  }

  security(path: string): KeySecurity | undefined {
    const place = this.places(path).find(({ root, names }) => this.nodes.find(root, names) !== undefined);
    if (place === undefined) return undefined;
    this.gate.check(place, "READ_CONTROL");
    const found = securityOf(this.nodes, place);
    if ((this.gate.granted(place) & KeyRights.ACCESS_SYSTEM_SECURITY) !== 0) return found;
    return { ...found, descriptor: { ...found.descriptor, sacl: undefined } };
  }

  checkNotify(path: string): void {
    this.ids(path, "KEY_NOTIFY");
  }
}

class EditorOf extends ViewOf<NodeWriter> implements RegistryEditor {
  /** Where a change goes: to the user's classes where the key is there already, else to the machine's. */
  #target(path: string): Place {
    const [first, second] = this.places(path);
    if (second === undefined || this.nodes.find(first.root, first.names) !== undefined) return first;
    return second;
  }

  create(path: string): boolean {
    return this.#make(path).created;
  }

  set(path: string, name: string, data: RegistryData, type?: number): void {
    const { id } = this.#make(path, "KEY_SET_VALUE");
    const kind = type ?? typeFor(data);
    this.nodes.setValue(id, { name, type: kind, data: bytesOf(kind, data) });
  }

  unset(path: string, name: string): boolean {
    const place = this.#target(path);
    const id = this.nodes.find(place.root, place.names);
    if (id === undefined) return false;
    this.gate.check(place, "KEY_SET_VALUE");
    return this.nodes.removeValue(id, name);
  }

  delete(path: string): boolean {
    const { place, parent, name } = this.#last(path);
    if (parent === undefined || this.nodes.child(parent, name) === undefined) return false;
    this.gate.check(place, "DELETE");
    return this.nodes.remove(parent, name);
  }

  deleteTree(path: string): boolean {
    if (parsePath(path).names.length === 0) return this.#empty(path);
    const { place, parent, name } = this.#last(path);
    if (parent === undefined || this.nodes.child(parent, name) === undefined) return false;
    this.gate.checkTree(place);
    return this.nodes.removeTree(parent, name);
  }

  setSecurity(path: string, security: SecurityDescriptor | undefined): void {
    const place = this.#target(path);
    const id = this.nodes.find(place.root, place.names);
    if (id === undefined) throw noKey(path);
    keepSecurity(this.nodes, id, this.gate.changed(place, security));
  }

  /** The key at a path, made with those above it where it is not there; what is there must grant the right. Whoever makes a key owns it. */
  #make(path: string, ...rights: readonly (keyof typeof KeyRights)[]): { id: number; created: boolean } {
    const { root, names } = this.#target(path);
    let at = root;
    let created = false;
    for (const [index, name] of names.entries()) {
      const existing = this.nodes.child(at, name);
      if (existing === undefined) {
        const parent = { root, names: names.slice(0, index) };
        if (!created) this.gate.check(parent, "KEY_CREATE_SUB_KEY");
        created = true;
        at = this.nodes.create(at, [name]).id;
        const security = this.gate.ofNew(parent);
        if (security !== undefined) keepSecurity(this.nodes, at, security);
      } else at = existing;
    }
    if (!created) this.gate.check({ root, names }, ...rights);
    return { id: at, created };
  }

  /** A key to be removed, and where it stands. */
  #last(path: string): { readonly place: Place; readonly parent: number | undefined; readonly name: string } {
    const parsed = parsePath(path);
    const name = parsed.names.at(-1);
    if (name === undefined) {
      throw new ComError(HResult.E_ACCESSDENIED, `${formatPath(parsed)} cannot be deleted`);
    }
    const place = this.#target(path);
    return { place, parent: this.nodes.find(place.root, place.names.slice(0, -1)), name };
  }

  /** Removes what is in a predefined key. */
  #empty(path: string): boolean {
    for (const place of this.places(path)) {
      const id = this.nodes.find(place.root, place.names);
      if (id === undefined) continue;
      this.gate.check(place, "KEY_SET_VALUE");
      this.gate.checkBelow(place);
      this.nodes.removeContents(id);
    }
    return true;
  }
}

function noKey(path: string): ComError {
  return new ComError(HResult.ERROR_FILE_NOT_FOUND, `there is no key ${path}`);
}
