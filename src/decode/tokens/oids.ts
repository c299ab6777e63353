/** Mechanisms of GSS-API and SPNEGO by object identifier. */
export const SPNEGO_OID = "1.3.6.1.5.5.2";

const names: Readonly<Record<string, string>> = {
  [SPNEGO_OID]: "SPNEGO",
  "1.2.840.113554.1.2.2": "Kerberos",
  "1.2.840.48018.1.2.2": "Kerberos (Microsoft's old identifier)",
  "1.2.840.113554.1.2.2.3": "Kerberos user to user",
  "1.3.6.1.4.1.311.2.2.10": "NTLM",
  "1.3.6.1.4.1.311.2.2.30": "NEGOEX",
};

export function mechanismName(oid: string): string {
  return names[oid] ?? oid;
}
