import { ComError } from "../base/index.ts";

/** What can be wrong with encoded bytes (the CRYPT_E_ASN1_ codes of [MS-ERREF] 2.1.1). */
export const Asn1Status = {
  CRYPT_E_ASN1_EOD: 0x80093102,
  CRYPT_E_ASN1_CORRUPT: 0x80093103,
  CRYPT_E_ASN1_LARGE: 0x80093104,
  CRYPT_E_ASN1_BADTAG: 0x8009310b,
} as const;

/** An error at a place in the input. */
export function asn1Error(code: keyof typeof Asn1Status, message: string, offset: number): ComError {
  return new ComError(Asn1Status[code], `${message}, at byte ${offset}`);
}
