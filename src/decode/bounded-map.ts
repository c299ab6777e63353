/** The key that was put in first; undefined when the map is empty. */
export function oldestFirst<K>(map: ReadonlyMap<K, unknown>): K | undefined {
  for (const key of map.keys()) return key;
  return undefined;
}

/** Puts an entry in and forgets the oldest one when there are more than `limit`. */
export function setBounded<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.set(key, value);
  if (map.size > limit) map.delete(oldestFirst(map) as K);
}
