import type { Endpoint } from "../net/connections.ts";

/** How the PDU travelled: straight over TCP, in a UDP datagram, or through a named pipe of SMB 1 or 2. */
export type Carrier = "tcp" | "udp" | "smb";

/** What both directions of one RPC connection share. The object is the connection's identity. */
export interface Channel {
  readonly carrier: Carrier;
  /** Number of the TCP (or UDP) stream, as tshark's tcp.stream (udp.stream). */
  readonly stream: number;
  /** Name of the pipe, when the carrier is SMB and the open was captured. */
  readonly pipe?: string | undefined;
}

/** A PDU found in the traffic, its bytes not yet read. */
export interface RawPdu {
  /** The frame in which the PDU became complete, as tshark reports it. */
  readonly frame: number;
  /** Time of that frame, nanoseconds since 1970. */
  readonly time: bigint;
  readonly channel: Channel;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly bytes: Uint8Array;
  /** Bytes at the end of the PDU that the capture does not have. */
  readonly missing: number;
}
