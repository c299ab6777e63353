import { ComError } from "../../base/index.ts";
import type { Json } from "../session/decoded.ts";
import { explainGss } from "./gss.ts";
import { explainNtlm, isNtlm } from "./ntlm.ts";
import { explainNegotiation, isNegotiation } from "./spnego.ts";

/** What a security token says, as far as it can be read without keys. Never throws: what is wrong is said. */
export function explainToken(token: Uint8Array): Json {
  if (token.length === 0) return { bytes: 0 };
  try {
    if (isNtlm(token)) return explainNtlm(token);
    if (isNegotiation(token)) return explainNegotiation(token);
    return explainGss(token);
  } catch (error) {
    return { bytes: token.length, error: ComError.from(error).message };
  }
}
