import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, LinkType, ipOfPacket } from "./link.ts";

/** IP protocol numbers of datagrams inside datagrams: IPv4 (RFC 2003), IPv6 (RFC 4213), GRE (RFC 2784). */
const PROTOCOL_IPV4 = 4;
const PROTOCOL_IPV6 = 41;
const PROTOCOL_GRE = 47;

/** Ethernet frames in GRE (RFC 7637), and the redirection of caches (WCCP), which may put 4 bytes of its own before the datagram. */
const ETHERTYPE_BRIDGED = 0x6558;
const ETHERTYPE_WCCP = 0x883e;

/** The IP datagram that travels inside another one, or undefined when `protocol` is no tunnel. */
export function tunnelled(protocol: number, data: Uint8Array): Uint8Array | undefined {
  if (protocol === PROTOCOL_IPV4 || protocol === PROTOCOL_IPV6) return data;
  return protocol === PROTOCOL_GRE ? ofGre(data) : undefined;
}

/** RFC 2784 2, RFC 2890 2, RFC 2637 4.1: flags say which fields follow. */
function ofGre(data: Uint8Array): Uint8Array | undefined {
  if (data.length < 8) return undefined;
  const flags = data[0] as number;
  const hasAck = ((data[1] as number) & 0x80) !== 0;
  const optional = [flags & 0x80, flags & 0x20, flags & 0x10, hasAck].filter(Boolean).length;
  const payload = data.subarray(4 + 4 * optional);
  switch (((data[2] as number) << 8) | (data[3] as number)) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
      return payload;
    case ETHERTYPE_WCCP:
      return (payload[0] ?? 0) >> 4 === 4 ? payload : payload.subarray(4);
    case ETHERTYPE_BRIDGED:
      return ipOfPacket(LinkType.ethernet, payload);
    default:
      return undefined;
  }
}
