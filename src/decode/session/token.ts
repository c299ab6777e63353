import { toHex } from "../../base/index.ts";
import type { Json } from "./decoded.ts";

/** What a security token says, as far as it can be read without keys. */
export function explainToken(token: Uint8Array): Json {
  return { bytes: token.length, data: toHex(token.subarray(0, 32)) };
}
