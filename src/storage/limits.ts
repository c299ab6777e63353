/** Limits on what a file may make us do. Each names the attack it stops; each has a hostile test. */
export interface StorageLimits {
  /** Most directory entries of one file. Stops a directory that fills memory. */
  readonly maxEntries: number;
  /** Deepest nesting of storages walked or copied. Stops stack exhaustion. */
  readonly maxDepth: number;
  /** Largest stream, bytes. Stops a `SetSize` from elsewhere that fills disk and memory. */
  readonly maxStreamBytes: number;
  /** Most bytes of asynchronous lock bytes, which are held in memory. */
  readonly maxImageBytes: number;
  /** Largest stream of one property set, bytes. */
  readonly maxPropertySetBytes: number;
  /** Most properties of a section, and most elements of a vector or an array. Stops a count that allocates before the data is seen. */
  readonly maxProperties: number;
  /** Most bytes one `Read` answers with. Stops a caller elsewhere from making us allocate. */
  readonly maxReadBytes: number;
}

export const storageLimits: StorageLimits = {
  maxEntries: 1024 * 1024,
  maxDepth: 512,
  maxStreamBytes: 64 * 1024 * 1024 * 1024,
  maxImageBytes: 256 * 1024 * 1024,
  maxPropertySetBytes: 16 * 1024 * 1024,
  maxProperties: 1024 * 1024,
  maxReadBytes: 64 * 1024 * 1024,
};
