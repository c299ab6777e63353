export { type StoreOptions, openStore } from "./lmdb.ts";
export { MemoryStore } from "./memory.ts";
export type { Entry, Range, Store, StoreLimits, Transaction, View } from "./store.ts";
export { type KeyPart, decodeKey, encodeKey, prefixEnd } from "./key.ts";
