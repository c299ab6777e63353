/** Limits on tokens from outside. */
export interface AuthLimits {
  /** Longest token, bytes. auth_length in an RPC PDU has 16 bits; other carriers have no limit of their own. */
  readonly maxTokenBytes: number;
  /** Most AV_PAIRs in one list. Stops lists of empty pairs. */
  readonly maxAvPairs: number;
  /** Most mechanisms a SPNEGO client may offer. */
  readonly maxMechanisms: number;
}

export const defaultAuthLimits: AuthLimits = { maxTokenBytes: 65_535, maxAvPairs: 64, maxMechanisms: 32 };
