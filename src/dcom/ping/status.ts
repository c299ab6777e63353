/** Statuses of the object resolver ([MS-DCOM] 2.2.28; Win32 error codes). */
export const ResolverStatus = {
  ok: 0,
  accessDenied: 5,
  /** RPC_S_SERVER_TOO_BUSY: a limit was reached. */
  tooBusy: 1723,
  /** OR_INVALID_OXID */
  invalidOxid: 1910,
  /** OR_INVALID_OID */
  invalidOid: 1911,
  /** OR_INVALID_SET */
  invalidSet: 1912,
} as const;

/** A reference is given up after this many periods without a ping ([MS-DCOM] 3.1.2.2). */
export const missedPeriods = 3;
