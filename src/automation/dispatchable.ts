import { type Identity, identityOf, isPointer } from "../com/index.ts";

/**
 * What a class says of itself as scripts see it: `static readonly dispatch = { … } satisfies DispatchSettings`. All of it is optional; a class that
 * has it is offered to scripts without further ado.
 */
export interface DispatchSettings {
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
const plain: DispatchSettings = { dynamic: true };

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
