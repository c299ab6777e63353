import { ComError, HResult, fromHex } from "../../base/index.ts";
import { hmacMd5 } from "../crypto/hmac-md5.ts";
import { md4 } from "../crypto/md4.ts";
import type { Credentials } from "../mechanism.ts";
import { utf16Bytes } from "./fields.ts";

/** Longest password, UTF-16 units: what Windows' own dialogs take, and nothing to feed a hash with endlessly. */
const maxPasswordUnits = 256;

/** The NT hash: MD4 of the UTF-16LE password (NTOWFv1, [MS-NLMP] 3.3.1). As good as the password: a secret. */
export function ntHash(password: string): Uint8Array {
  if (password.length > maxPasswordUnits) {
    throw new ComError(HResult.E_INVALIDARG, `a password longer than ${maxPasswordUnits} characters`);
  }
  return md4(utf16Bytes(password));
}

/** Upper case by single units as Windows does it: a letter whose upper case is two letters stays as it is. */
export function upperCase(text: string): string {
  let result = "";
  for (let i = 0; i < text.length; i++) {
    const unit = text.charAt(i);
    const upper = unit.toUpperCase();
    result += upper.length === 1 ? upper : unit;
  }
  return result;
}

/** NTOWFv2 ([MS-NLMP] 3.3.2): the NT hash bound to user and domain; the domain counts with its case. */
export function ntlmV2Hash(hash: Uint8Array, user: string, domain: string): Uint8Array {
  return hmacMd5(hash, utf16Bytes(upperCase(user) + domain));
}

/** The NT hash of credentials: given, or of the password. Throws E_INVALIDARG when there is neither. */
export function hashOfCredentials(credentials: Credentials): Uint8Array {
  const given = credentials.ntHash;
  if (given === undefined) {
    if (credentials.password === undefined) {
      throw new ComError(HResult.E_INVALIDARG, "credentials need a password or an NT hash");
    }
    return ntHash(credentials.password);
  }
  const bytes = typeof given === "string" ? fromHex(given) : given;
  if (bytes.length !== 16) throw new ComError(HResult.E_INVALIDARG, "an NT hash is 16 bytes");
  return bytes;
}
