import { ComError, HResult } from "../../base/index.ts";

/** How towers name a protocol sequence ([C706] appendix I; [MS-RPCE] 2.2.1.2.1). */
export interface TowerProtocol {
  readonly protseq: string;
  /** Floor 3: connection-oriented, datagram or local RPC. */
  readonly id: number;
  /** Floor 4. */
  readonly endpointId: number;
  /** Floor 5, where there is one. */
  readonly hostId: number | undefined;
  encodeEndpoint(endpoint: string): Uint8Array;
  decodeEndpoint(bytes: Uint8Array): string;
  encodeHost(host: string): Uint8Array;
  decodeHost(bytes: Uint8Array): string;
}

const CONNECTION = 0x0b;
const DATAGRAM = 0x0a;
const LOCAL = 0x0c;
const IP = 0x09;
const NETBIOS = 0x11;

const port = {
  encodeEndpoint(endpoint: string): Uint8Array {
    const number = Number(endpoint);
    return Uint8Array.of((number >> 8) & 0xff, number & 0xff);
  },
  decodeEndpoint(bytes: Uint8Array): string {
    return String(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
  },
  encodeHost(host: string): Uint8Array {
    const parts = host.split(".").map(Number);
    return parts.length === 4 ? Uint8Array.from(parts) : new Uint8Array(4);
  },
  decodeHost(bytes: Uint8Array): string {
    return bytes.length === 4 ? bytes.join(".") : "";
  },
};

const name = {
  encodeEndpoint: terminated,
  decodeEndpoint: untilZero,
  encodeHost: terminated,
  decodeHost: untilZero,
};

function terminated(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, "latin1");
}

function untilZero(bytes: Uint8Array): string {
  return (Buffer.from(bytes).toString("latin1").split("\0")[0] as string).slice(0, 1024);
}

const protocols: readonly TowerProtocol[] = [
  { protseq: "ncacn_ip_tcp", id: CONNECTION, endpointId: 0x07, hostId: IP, ...port },
  { protseq: "ncadg_ip_udp", id: DATAGRAM, endpointId: 0x08, hostId: IP, ...port },
  { protseq: "ncacn_http", id: CONNECTION, endpointId: 0x1f, hostId: IP, ...port },
  { protseq: "ncacn_np", id: CONNECTION, endpointId: 0x0f, hostId: NETBIOS, ...name },
  { protseq: "ncalrpc", id: LOCAL, endpointId: 0x10, hostId: undefined, ...name },
];

/** Throws RPC_S_PROTSEQ_NOT_SUPPORTED for a protocol sequence that towers cannot say. */
export function protocolOf(protseq: string): TowerProtocol {
  const found = protocols.find((protocol) => protocol.protseq === protseq);
  if (found !== undefined) return found;
  throw new ComError(HResult.RPC_S_PROTSEQ_NOT_SUPPORTED, `${protseq.slice(0, 80)} has no place in towers`);
}

export function protocolById(id: number, endpointId: number): TowerProtocol | undefined {
  return protocols.find((protocol) => protocol.id === id && protocol.endpointId === endpointId);
}
