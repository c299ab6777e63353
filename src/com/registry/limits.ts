/** The registry's limits, as Windows has them. */
export interface RegistryLimits {
  /** Longest name of a key, UTF-16 units. */
  readonly maxKeyName: number;
  /** Most levels of keys. Stops a path from becoming endless. */
  readonly maxDepth: number;
  /** Longest name of a value, UTF-16 units. */
  readonly maxValueName: number;
  /** Largest data of a value, bytes. */
  readonly maxValueBytes: number;
  /** Largest security descriptor, bytes. */
  readonly maxSecurityBytes: number;
  /** Largest .reg file, bytes. Stops a file from filling memory. */
  readonly maxFileBytes: number;
}

export const registryLimits: RegistryLimits = {
  maxKeyName: 255,
  maxDepth: 512,
  maxValueName: 16_383,
  maxValueBytes: 1024 * 1024,
  maxSecurityBytes: 65_535,
  maxFileBytes: 64 * 1024 * 1024,
};
