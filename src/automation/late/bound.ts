import { ComError, HResult } from "../../base/index.ts";
import type { CallOptions } from "../../ndr/index.ts";
import { LCID_EN_US } from "../convert/locale.ts";
import type { IDispatch } from "../gen/oaidl.ts";
import { DispId } from "../member.ts";
import { CallNode, MemberNode, ObjectNode, assign, nodeOf, proxyOf } from "./nodes.ts";
import { type Host, Scope } from "./scope.ts";

/**
 * An object as a script sees it: every name is a member of the object, every call and every read is awaited. It has no static type; a typed view is
 * a matter of the caller (`as unknown as MyType`).
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what a member is, the object knows at run time
export type LateObject = any;

export interface LateOptions extends CallOptions {
  /** Locale of names and conversions. Default: en-US, 0x0409. */
  readonly lcid?: number;
  /** What the object is called in messages, a ProgID for instance. */
  readonly name?: string;
  /** The runtime that JavaScript objects and functions given as arguments belong to. */
  readonly runtime?: Host;
}

/**
 * An object that behaves as in a script. Takes over the pointer; everything reached through the object is released with it, at the end of its `using`
 * block or with `release`.
 *
 * ```ts
 * await using excel = lateBound(dispatch);
 * const book = await excel.Workbooks.Add(); // a path: only the call and what is awaited go over the wire
 * const sheet = await book.Worksheets(1);
 * await put(sheet.Range("A1").Value, 42); // the awaitable form of sheet.Range("A1").Value = 42
 * console.log(await sheet.Range("A1").Value);
 * for await (const one of book.Worksheets) console.log(await one.Name);
 * await book.Close(named({ SaveChanges: false }));
 * ```
 *
 * A property is read when it is awaited, or on the way to what stands behind it. A call is made at once, awaited or not; what it answers can be gone
 * through without awaiting it. Objects are the same (`===`) when they are the same for COM. `JSON.stringify` and `console.log` do not touch the
 * object. Names that mean something to JavaScript (`then`, `toString`, …) are reached with {@link member}.
 */
export function lateBound(dispatch: IDispatch, options: LateOptions = {}): LateObject {
  const { lcid, name, runtime, ...call } = options;
  const scope = new Scope({ lcid: lcid ?? LCID_EN_US, call, host: runtime, name: name ?? "object" });
  return proxyOf(scope.hold(dispatch));
}

/**
 * Sets a property: `await put(sheet.Range("A1").Value, 42)`, `await put(dictionary.Item("key"), "value")`; an object itself stands for its default
 * property. An object as the value is set by reference where the property wants it (VB's Set).
 */
export function put(target: LateObject, value: unknown): Promise<void> {
  const node = nodeOf(target);
  if (node instanceof CallNode) return node.assign(value);
  if (node instanceof MemberNode) return assign(node.parent, node.name, [], value);
  if (node !== undefined) return assign(node, DispId.VALUE, [], value);
  throw new ComError(HResult.E_INVALIDARG, "put takes a member of a late-bound object that was not awaited");
}

/** A member by its name, whatever the name: `await member(object, "then")`. */
export function member(target: LateObject, name: string): LateObject {
  const node = nodeOf(target);
  if (node === undefined) throw new ComError(HResult.E_INVALIDARG, "member takes a late-bound object");
  return new MemberNode(node, name).proxy;
}

/** The IDispatch pointer of a late-bound object, which keeps it: for `isSameObject`, QueryInterface and the like. Undefined for anything else. */
export function dispatchPointerOf(object: LateObject): IDispatch | undefined {
  const node = nodeOf(object);
  return node instanceof ObjectNode ? node.held.pointer : undefined;
}

/** Gives an object back before its scope ends, as leaving its `using` block does. */
export function release(object: LateObject): void {
  const node = nodeOf(object);
  if (node instanceof ObjectNode) node.held.scope.release(node.held);
}
