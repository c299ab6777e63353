/** Limits on names that come from outside. Each has a default and says what it stops. */
export interface NamingLimits {
  /** Longest display name, UTF-16 code units; Windows' longest path. Stops parsing from being work without end. */
  readonly maxDisplayName: number;
  /** Most components of a composite moniker. Stops a persisted or composed name from filling memory. */
  readonly maxComponents: number;
  /** Longest text or blob inside a persisted moniker, bytes. Stops a length that makes us allocate before the data is there. */
  readonly maxPersistedBytes: number;
  /** Deepest nesting of persisted and marshaled composites. Stops stack exhaustion. */
  readonly maxDepth: number;
  /** Beginnings of one name that are looked up as files and in the running object table. Stops a name of nothing but separators. */
  readonly maxPrefixes: number;
  /** Objects and parameters that one bind context holds. */
  readonly maxBound: number;
  /** Most bytes fetched from one address, unpacked. Stops a server from filling memory. */
  readonly maxFetchedBytes: number;
  /** Milliseconds a binding to an address may take. Stops a server that sends a byte now and then. */
  readonly fetchTimeout: number;
}

export const defaultNamingLimits: NamingLimits = {
  maxDisplayName: 32_767,
  maxComponents: 1000,
  maxPersistedBytes: 1024 * 1024,
  maxDepth: 1000,
  maxPrefixes: 128,
  maxBound: 10_000,
  maxFetchedBytes: 64 * 1024 * 1024,
  fetchTimeout: 60_000,
};

/** Most bytes of comparison data that the running object table takes (ROT_COMPARE_MAX). */
export const maxComparisonData = 2048;
