/** Limits of the reader; lengths need none, they cannot pass the end of the input. */
export interface Asn1Limits {
  /** Deepest nesting of constructed values. Stops callers that recurse from running out of stack. */
  readonly maxDepth: number;
  /** Longest INTEGER read as a bigint, bytes. Stops quadratic conversions. */
  readonly maxIntegerBytes: number;
  /** Longest object identifier, bytes. */
  readonly maxOidBytes: number;
}

export const defaultAsn1Limits: Asn1Limits = { maxDepth: 64, maxIntegerBytes: 1024, maxOidBytes: 64 };
