/** The connection-oriented packet types ([C706] 12.6.4, [MS-RPCE] 2.2.2.1). */
export const PacketType = {
  request: 0,
  response: 2,
  fault: 3,
  bind: 11,
  bindAck: 12,
  bindNak: 13,
  alterContext: 14,
  alterContextResponse: 15,
  auth3: 16,
  shutdown: 17,
  coCancel: 18,
  orphaned: 19,
} as const;

export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** Every packet type's name as dissectors print it, the connectionless ones among them ([C706] 12.1). */
export const packetTypeNames: readonly string[] = [
  "request",
  "ping",
  "response",
  "fault",
  "working",
  "nocall",
  "reject",
  "ack",
  "cl_cancel",
  "fack",
  "cancel_ack",
  "bind",
  "bind_ack",
  "bind_nak",
  "alter_context",
  "alter_context_resp",
  "auth3",
  "shutdown",
  "co_cancel",
  "orphaned",
];

/** Flags of the common header ([C706] 12.6.3.1; header signing: [MS-RPCE] 2.2.2.3). */
export const PfcFlag = {
  first: 0x01,
  last: 0x02,
  /** In bind and alter_context packets and their answers: the whole packet is signed. */
  supportHeaderSign: 0x04,
  /** In requests: a cancel was pending when the call was sent. The same bit. */
  pendingCancel: 0x04,
  /** Several calls may be outstanding on this connection. */
  concurrentMultiplexing: 0x10,
  didNotExecute: 0x20,
  maybe: 0x40,
  objectUuid: 0x80,
} as const;
