import type { Guid } from "../../base/index.ts";
import type { StatusText } from "../names/words.ts";
import type { Carrier } from "../traffic/pdu.ts";

/** Something JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Json[]
  | { readonly [key: string]: Json };

export interface InterfaceRef {
  readonly uuid: Guid;
  /** "major.minor" */
  readonly version: string;
  /** Its name, when it is known. */
  readonly name?: string | undefined;
}

/** The authentication verifier of a PDU, explained. */
export interface AuthSummary {
  /** Authentication service: 9 SPNEGO, 10 NTLM, 16 Kerberos, 68 Netlogon. */
  readonly type: number;
  readonly typeName: string;
  /** 1 none to 6 privacy. */
  readonly level: number;
  readonly levelName: string;
  readonly contextId: number;
  /** What the token says (binds), explained. */
  readonly token?: Json;
  /** Whether the signature is right, when a password opened the security context. */
  readonly verified?: boolean | undefined;
}

/** One PDU of a capture, explained. Everything in it can be printed as JSON. */
export interface DecodedPdu {
  /** The frame in which the PDU became complete, numbered as in Wireshark. */
  readonly frame: number;
  /** TCP (or UDP) stream number, as tshark's tcp.stream (udp.stream). */
  readonly stream: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly carrier: Carrier;
  /** Name of the pipe, over SMB. */
  readonly pipe?: string | undefined;
  readonly source: string;
  readonly destination: string;
  readonly direction: "toServer" | "toClient";
  /** bind, bind_ack, request, response, fault, ... */
  readonly type: string;
  /** Call id; the sequence number of a connectionless call. */
  readonly callId: number;
  readonly flags: readonly string[];
  /** Length of the PDU, bytes. */
  readonly length: number;
  /** Presentation context; of a bind the first one offered. */
  readonly contextId?: number | undefined;
  /** Interface of the call (a response has its request's); of a bind the first one offered. */
  readonly interface?: InterfaceRef | undefined;
  readonly opnum?: number | undefined;
  readonly method?: string | undefined;
  /** Object UUID of the request: the IPID in ORPC. */
  readonly object?: Guid | undefined;
  readonly auth?: AuthSummary | undefined;
  /** Status of a fault, and the HRESULT (or other status) a response returns. */
  readonly status?: StatusText | undefined;
  /** Which piece of a call this is; absent when the PDU holds all of it. */
  readonly fragment?: "first" | "middle" | "last" | undefined;
  /** Bytes at the end that the capture does not have. */
  readonly missing?: number | undefined;
  /** Why the PDU, or part of it, could not be read. */
  readonly error?: string | undefined;
  /** What the PDU says: contexts of a bind, arguments of a request, results of a response. */
  readonly body?: Json;
}
