/** Limits on everything that comes from outside. Each names the attack it stops; each has a hostile test. */
export interface Limits {
  /** Largest reassembled request or response body, bytes. Stops a peer from filling memory with fragments. */
  readonly maxMessageBytes: number;
  /** Most elements of one array on the wire. Stops a count that makes us allocate before the data is seen. */
  readonly maxArrayElements: number;
  /** Deepest nesting of pointers, structures and variants. Stops stack exhaustion. */
  readonly maxDepth: number;
  /** Longest string, UTF-16 code units. */
  readonly maxStringUnits: number;
  /** Most fragments of one message. Stops endless empty fragments. */
  readonly maxFragments: number;
  /** Most calls outstanding on one connection. */
  readonly maxCallsPerConnection: number;
  /** Most connections of one server. */
  readonly maxConnections: number;
  /** Most presentation contexts on one connection. */
  readonly maxPresentationContexts: number;
  /** Most security contexts on one connection. */
  readonly maxSecurityContexts: number;
  /** Time for a connection to finish its first bind and for a half-received message to go on, milliseconds. */
  readonly handshakeTimeout: number;
}

export const defaultLimits: Limits = {
  maxMessageBytes: 64 * 1024 * 1024,
  maxArrayElements: 16 * 1024 * 1024,
  maxDepth: 128,
  maxStringUnits: 16 * 1024 * 1024,
  maxFragments: 65_536,
  maxCallsPerConnection: 1024,
  maxConnections: 4096,
  maxPresentationContexts: 1024,
  maxSecurityContexts: 256,
  handshakeTimeout: 30_000,
};
