import { type Identity, identityOf, isPointer } from "../com/index.ts";

/**
 * What a class says of itself as scripts see it: `static readonly dispatch = { … } satisfies DispatchSettings`. All of it is optional; a class that
 * has it is offered to scripts without further ado.
 *
 * ```ts
 * class Robot {
 *   static readonly dispatch = { members: ["Speed", "Move"], defaultMember: "Speed" } satisfies DispatchSettings;
 * }
 * ```
 */
export interface DispatchSettings {
  /**
   * The members that callers may use; those that `defaultMember`, `dispIds` and `parameters` name are among them. `"all"`: every method, accessor and
   * field whose name does not begin with `_`, also those that TypeScript calls private. Default: none but the named ones. Classes whose members an
   * interface or a type library says need no list, object literals and functions show all they have.
   */
  readonly members?: readonly string[] | "all";
  /** The member that stands for the object itself (DISPID_VALUE): `collection(1)`. Default: `Item`, else `Value`, where there is one. */
  readonly defaultMember?: string;
  /** Numbers of members that must not change. Others are numbered in the order they are first seen, per class. */
  readonly dispIds?: Readonly<Record<string, number>>;
  /** Names of parameters, so that callers can name arguments: `{ Move: ["x", "y"] }`. */
  readonly parameters?: Readonly<Record<string, readonly string[]>>;
  /** Callers may add and remove members (IDispatchEx). */
  readonly dynamic?: boolean;
}

const nothing: DispatchSettings = {};
/** Objects and functions of JavaScript that are offered to scripts as they are. */
const plain: DispatchSettings = { dynamic: true, members: "all" };

const marked = new WeakSet<object>();

/** The settings of an object's class. */
export function dispatchSettingsOf(object: object): DispatchSettings {
  const declared = declaredSettings(object);
  return declared ?? (isPlain(object) ? plain : nothing);
}

function declaredSettings(object: object): DispatchSettings | undefined {
  const constructor: unknown = object.constructor;
  if (typeof constructor !== "function" || !("dispatch" in constructor)) return undefined;
  const { dispatch } = constructor;
  return typeof dispatch === "object" && dispatch !== null ? dispatch : undefined;
}

/** An object literal or a function: nothing says what its members are but itself. */
export function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return typeof object === "function" || prototype === Object.prototype || prototype === null;
}

/** Members that callers gave an object, by their lower case. */
const given = new WeakMap<object, Set<string>>();

/** Notes a member that a caller made (IDispatchEx). */
export function addGivenMember(object: object, name: string): void {
  let names = given.get(object);
  if (names === undefined) given.set(object, (names = new Set()));
  names.add(name.toLowerCase());
}

/** Notes that it is gone. */
export function removeGivenMember(object: object, name: string): void {
  given.get(object)?.delete(name.toLowerCase());
}

const listed = new WeakMap<DispatchSettings, ReadonlySet<string>>();

/** Whether callers may use a member of an object that no interface describes. */
export function isShown(object: object, name: string): boolean {
  const settings = dispatchSettingsOf(object);
  if (settings.members === "all") return true;
  let names = listed.get(settings);
  if (names === undefined) listed.set(settings, (names = namesIn(settings)));
  const wanted = name.toLowerCase();
  return names.has(wanted) || given.get(object)?.has(wanted) === true;
}

function namesIn({ members, defaultMember, dispIds, parameters }: DispatchSettings): ReadonlySet<string> {
  const names = [
    ...(members === undefined || members === "all" ? [] : members),
    ...(defaultMember === undefined ? [] : [defaultMember]),
    ...Object.keys(dispIds ?? {}),
    ...Object.keys(parameters ?? {}),
  ];
  return new Set(names.map((name) => name.toLowerCase()));
}

/** True for objects that scripts may call though no interface of theirs says so. */
export function isDispatchable(object: object): boolean {
  return marked.has(object) || declaredSettings(object) !== undefined;
}

/** Offers an implementation object to scripts: it is about to be handed to one. `home` is the object that hands it over. */
export function makeDispatchable(object: object, home: Identity | undefined): void {
  if (isPointer(object)) return;
  marked.add(object);
  identityOf(object, home?.host);
}
