export { type StoreOptions, openStore } from "./lmdb.ts";
export { MemoryStore } from "./memory.ts";
export {
  type Entry,
  type Range,
  type Store,
  type StoreLimits,
  type Transaction,
  type View,
  storeLimits,
} from "./store.ts";
export { type KeyPart, decodeKey, encodeKey, prefixEnd } from "./key.ts";
