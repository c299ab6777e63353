import type { Guid } from "../../../base/index.ts";
import type { Variant } from "../../variant.ts";
import type { CustomData } from "../model.ts";

/** The list with a value under a GUID, in place of the one that was there. */
export function withCustomData(list: readonly CustomData[], guid: Guid, value: Variant): CustomData[] {
  const at = list.findIndex((one) => one.guid === guid);
  return at < 0 ? [...list, { guid, value }] : list.with(at, { guid, value });
}
