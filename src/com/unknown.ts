import { type Guid, guid } from "../base/index.ts";
import { type Awaitable, type CallOptions, type Interface, defineInterface } from "../ndr/index.ts";

/**
 * An interface pointer. A value of a generated interface type (`ICalculator`) *is* an interface pointer: its methods call the object, wherever it
 * is, and it owns one reference, which leaving a `using` block (or `Release`) gives back. Two pointers are handles of their own even when they lead
 * to the same object; `isSameObject` compares identities.
 *
 * Whose a reference is when pointers travel, over any distance:
 * - an argument is lent: it ends with the call; whoever keeps it takes a reference with `AddRef` (or another pointer with `QueryInterface`);
 * - a result is given: the caller owns it. A method that returns a pointer it also keeps calls `AddRef` first; that reference becomes the caller's,
 *   in a handle of its own. Every place in a result that holds a pointer, holds one reference;
 * - an [in, out] pointer is lent on the way in and given on the way out, unless the method leaves it as it was.
 */
export interface IUnknown extends Disposable, AsyncDisposable {
  /**
   * Another interface of the same object. The caller owns the new pointer. Throws E_NOINTERFACE.
   * At once for an object of this apartment, after a round trip for a remote object's interface that was not asked for before.
   */
  QueryInterface<T extends IUnknown>(iface: Interface<T>, options?: CallOptions): Awaitable<T>;
  /** Takes one more reference through this handle; answers this handle's new count (for diagnosis only). */
  AddRef(): number;
  /** Gives one reference of this handle back; answers this handle's new count. At 0 every further use throws CO_E_OBJNOTCONNECTED. */
  Release(): number;
}

export const IID_IUnknown: Guid = guid("00000000-0000-0000-c000-000000000046");

/** The root of every interface. Its three methods travel as IRemUnknown and as pings, never as calls of their own. */
export const IUnknown: Interface<IUnknown> = defineInterface<IUnknown>({
  name: "IUnknown",
  iid: IID_IUnknown,
  oleautomation: true,
  methods: () => [
    { name: "QueryInterface", opnum: 0, params: [], returns: { kind: "base", name: "hresult" }, local: true },
    { name: "AddRef", opnum: 1, params: [], returns: { kind: "base", name: "u32" }, local: true },
    { name: "Release", opnum: 2, params: [], returns: { kind: "base", name: "u32" }, local: true },
  ],
});

export type { Given, Implements } from "../ndr/index.ts";
