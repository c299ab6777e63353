import { settingsOf } from "./pointer/proxy-facets.ts";
import type { SecurityBlanket, SecurityWish } from "./remoting.ts";
import type { IUnknown } from "./unknown.ts";

/** How the calls of an interface of an object elsewhere are secured (CoQueryProxyBlanket). Throws E_INVALIDARG for an object of this apartment. */
export function queryProxyBlanket(proxy: IUnknown): SecurityBlanket {
  return settingsOf(proxy).blanket(proxy);
}

/**
 * Changes how the calls of an interface of an object elsewhere are secured, from the next one on (CoSetProxyBlanket): level, impersonation level, and
 * who calls. Other pointers to the same interface change with it; to change one alone, copy it first. What is not named stays.
 */
export function setProxyBlanket(proxy: IUnknown, wish: SecurityWish): Promise<void> {
  return settingsOf(proxy).setBlanket(proxy, wish);
}

/** A pointer to the same interface with a security blanket of its own (CoCopyProxy). The caller owns it. */
export function copyProxy<T extends IUnknown>(proxy: T): T {
  return settingsOf(proxy).copy(proxy) as T;
}
