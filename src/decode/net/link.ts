/** LINKTYPE_ numbers of the tcpdump registry that we know. */
export const LinkType = {
  loopbackNull: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loopback: 108,
  pppHdlc: 50,
  pppoe: 51,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_PPPOE = 0x8864;
const ETHERTYPE_MPLS = 0x8847;
const vlanTags = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
/** More nested tags than any network uses. */
const MAX_TAGS = 8;

/** The IP datagram inside a captured packet, with any bytes of the link below it, or undefined when there is none. */
export function ipOfPacket(linkType: number, data: Uint8Array): Uint8Array | undefined {
  switch (linkType) {
    case LinkType.ethernet:
      return ipOfEtherType(data, 12);
    case LinkType.raw:
    case LinkType.rawBsd:
    case LinkType.rawOpenBsd:
    case LinkType.ipv4:
    case LinkType.ipv6:
      return data;
    case LinkType.loopbackNull:
    case LinkType.loopback:
      return data.length > 4 ? data.subarray(4) : undefined;
    case LinkType.ppp:
    case LinkType.pppHdlc:
      return ipOfPpp(data, u16(data, 0) === PPP_ADDRESS_AND_CONTROL ? 2 : 0);
    case LinkType.pppoe:
      return ipOfPpp(data, 6);
    case LinkType.linuxSll:
      return ipOfEtherType(data, 14);
    case LinkType.linuxSll2:
      return ipOfPayload(u16(data, 0), data, 20);
    default:
      return undefined;
  }
}

/** True for link types `ipOfPacket` understands. */
export function knowsLinkType(linkType: number): boolean {
  return Object.values(LinkType).includes(linkType as (typeof LinkType)[keyof typeof LinkType]);
}

function ipOfEtherType(data: Uint8Array, at: number): Uint8Array | undefined {
  let typeAt = at;
  for (let tags = 0; vlanTags.has(u16(data, typeAt)); tags++, typeAt += 4) {
    if (tags === MAX_TAGS) return undefined;
  }
  const type = u16(data, typeAt);
  const inside = ipOfPayload(type, data, typeAt + 2);
  if (inside !== undefined) return inside;
  return isSnapIp(data, typeAt) ? data.subarray(typeAt + 10) : undefined;
}

/** What an EtherType announces at `at`. */
function ipOfPayload(type: number, data: Uint8Array, at: number): Uint8Array | undefined {
  if (isIp(type)) return data.subarray(at);
  if (type === ETHERTYPE_PPPOE) return ipOfPpp(data, at + 6);
  return type === ETHERTYPE_MPLS ? ipOfMpls(data, at) : undefined;
}

/** Labels of four bytes up to the one marked as the last (RFC 3032 2.1); nothing says what follows but its own first bits. */
function ipOfMpls(data: Uint8Array, at: number): Uint8Array | undefined {
  let next = at;
  for (let labels = 0; ((data[next + 2] ?? 1) & 1) === 0; labels++, next += 4) {
    if (labels === MAX_TAGS) return undefined;
  }
  const version = (data[next + 4] ?? 0) >> 4;
  return version === 4 || version === 6 ? data.subarray(next + 4) : undefined;
}

/** 802.3 length, then LLC AA-AA-03 and a SNAP header with an EtherType. */
function isSnapIp(data: Uint8Array, lengthAt: number): boolean {
  const snap = u16(data, lengthAt + 2) === 0xaaaa && data[lengthAt + 4] === 3;
  return u16(data, lengthAt) <= 1500 && snap && isIp(u16(data, lengthAt + 8));
}

const PPP_ADDRESS_AND_CONTROL = 0xff03;

/** PPP protocol 0x0021 is IPv4, 0x0057 IPv6. */
function ipOfPpp(data: Uint8Array, at: number): Uint8Array | undefined {
  const protocol = u16(data, at);
  return protocol === 0x0021 || protocol === 0x0057 ? data.subarray(at + 2) : undefined;
}

function isIp(etherType: number): boolean {
  return etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6;
}

/** Two bytes, big endian; past the end 0, which is no EtherType. */
function u16(data: Uint8Array, at: number): number {
  return at + 2 > data.length ? 0 : ((data[at] as number) << 8) | (data[at + 1] as number);
}
