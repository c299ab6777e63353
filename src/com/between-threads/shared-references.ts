/** References that every thread of the process may take (what the global interface table is made of). The layer that knows the threads provides it. */
export interface SharedReferences {
  /** Keeps an OBJREF that may be unmarshaled any number of times; answers its cookie. `revoke` is called in this thread when it is taken away. */
  put(objref: Uint8Array, revoke: () => void): Promise<number>;
  /** undefined when there is none by that cookie (any more). */
  get(cookie: number): Promise<Uint8Array | undefined>;
  /** Answers whether there was one. */
  remove(cookie: number): Promise<boolean>;
}
