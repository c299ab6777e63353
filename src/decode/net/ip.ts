/** What follows the IP header (and, in IPv6, the extension headers). */
export interface IpPayload {
  readonly source: string;
  readonly destination: string;
  /** IP protocol number: 6 TCP, 17 UDP. */
  readonly protocol: number;
  /** Captured bytes of the payload. */
  readonly data: Uint8Array;
  /** Its length on the wire; more than `data.length` when the capture cut the packet short. */
  readonly length: number;
  /** Present when this is a piece of a datagram. */
  readonly fragment?: IpFragment | undefined;
}

interface IpFragment {
  readonly id: number;
  /** Offset of this piece in the datagram's payload, bytes. */
  readonly offset: number;
  readonly more: boolean;
}

/** IPv6 extension headers that only have to be stepped over: hop by hop, routing, destination, mobility, HIP, shim6. */
const extensionHeaders = new Set([0, 43, 60, 135, 139, 140]);
const FRAGMENT_HEADER = 44;
const AUTHENTICATION_HEADER = 51;
/** More extension headers than any sender writes. */
const MAX_EXTENSIONS = 16;

/** Reads the IP header; undefined when it is not IP or is cut off. */
export function readIp(data: Uint8Array): IpPayload | undefined {
  if (data.length < 20) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const version = (data[0] as number) >> 4;
  if (version === 4) return readIpv4(data, view);
  return version === 6 && data.length >= 40 ? readIpv6(data, view) : undefined;
}

/** RFC 791 3.1. */
function readIpv4(data: Uint8Array, view: DataView): IpPayload | undefined {
  const header = ((data[0] as number) & 15) * 4;
  // Segmentation offload leaves the total length 0: the packet is as long as captured.
  const total = view.getUint16(2) || data.length;
  if (header < 20 || total < header || data.length < header) return undefined;
  const flags = view.getUint16(6);
  const offset = (flags & 0x1fff) * 8;
  const more = (flags & 0x2000) !== 0;
  return {
    source: ipv4Text(data, 12),
    destination: ipv4Text(data, 16),
    protocol: data[9] as number,
    data: data.subarray(header, total),
    length: total - header,
    fragment: more || offset > 0 ? { id: view.getUint16(4), offset, more } : undefined,
  };
}

/** RFC 8200 3 and 4. */
function readIpv6(data: Uint8Array, view: DataView): IpPayload | undefined {
  const length = view.getUint16(4) || data.length - 40;
  const end = 40 + length;
  let protocol = data[6] as number;
  let at = 40;
  let fragment: IpFragment | undefined;
  for (let n = 0; n < MAX_EXTENSIONS && at + 8 <= Math.min(end, data.length); n++) {
    const next = data[at] as number;
    if (protocol === FRAGMENT_HEADER) {
      const field = view.getUint16(at + 2);
      const offset = field & 0xfff8;
      const more = (field & 1) !== 0;
      if (more || offset > 0) fragment = { id: view.getUint32(at + 4), offset, more };
      at += 8;
    } else if (protocol === AUTHENTICATION_HEADER) at += ((data[at + 1] as number) + 2) * 4;
    else if (extensionHeaders.has(protocol)) at += ((data[at + 1] as number) + 1) * 8;
    else break;
    protocol = next;
    // What follows in a later fragment is no header.
    if (fragment !== undefined && fragment.offset > 0) break;
  }
  if (at > end) return undefined;
  return {
    source: ipv6Text(view, 8),
    destination: ipv6Text(view, 24),
    protocol,
    data: data.subarray(at, end),
    length: end - at,
    fragment,
  };
}

function ipv4Text(data: Uint8Array, at: number): string {
  return `${data[at]}.${data[at + 1]}.${data[at + 2]}.${data[at + 3]}`;
}

/** RFC 5952: no leading zeros, the longest run of zero groups as "::". */
function ipv6Text(view: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(at + i * 2).toString(16));
  const text = groups.join(":");
  let longest = { text: "", at: 0 };
  for (const run of text.matchAll(/\b0(?::0)+\b/g)) {
    if (run[0].length > longest.text.length) longest = { text: run[0], at: run.index };
  }
  if (longest.text === "") return text;
  const before = text.slice(0, longest.at).replace(/:$/, "");
  const after = text.slice(longest.at + longest.text.length).replace(/^:/, "");
  return `${before}::${after}`;
}
