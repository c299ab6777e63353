/** Mechanisms as SPNEGO names them ([MS-SPNG] 1.9, RFC 4178 3.1). */
export const spnegoOid = "1.3.6.1.5.5.2";
export const ntlmOid = "1.3.6.1.4.1.311.2.2.10";
export const kerberosOid = "1.2.840.113554.1.2.2";
/** Kerberos as Windows 2000 misspelled it; Windows still offers it first. */
export const microsoftKerberosOid = "1.2.840.48018.1.2.2";
