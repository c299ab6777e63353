/** The 16 bytes every connection-oriented PDU begins with (C706 12.6.3.1), as far as finding PDUs needs them. */
export interface CommonHeader {
  readonly type: number;
  readonly flags: number;
  readonly littleEndian: boolean;
  readonly fragLength: number;
  readonly authLength: number;
}

export const COMMON_HEADER_BYTES = 16;
/** The connectionless header (C706 12.5.1). */
const DATAGRAM_HEADER_BYTES = 80;

/** Connection-oriented PDU types: request, response, fault, and bind (11) to orphaned (19), RTS (20). */
function isConnectionType(type: number): boolean {
  return type === 0 || type === 2 || type === 3 || (type >= 11 && type <= 20);
}

/** Data representation: integers big or little endian, ASCII or EBCDIC, four kinds of floating point, the rest zero. */
function isDataRepresentation(integers: number, floats: number): boolean {
  return (integers & 0xee) === 0 && floats <= 3;
}

/** The header at `at`, or undefined when the bytes there cannot begin a PDU. Needs 16 bytes. */
export function readCommonHeader(bytes: Uint8Array, at = 0): CommonHeader | undefined {
  if (at + COMMON_HEADER_BYTES > bytes.length || bytes[at] !== 5) return undefined;
  const type = bytes[at + 2] as number;
  const drep = bytes[at + 4] as number;
  if ((bytes[at + 1] as number) > 1 || !isConnectionType(type)) return undefined;
  if (!isDataRepresentation(drep, bytes[at + 5] as number)) return undefined;
  const littleEndian = (drep & 0x10) !== 0;
  const fragLength = u16(bytes, at + 8, littleEndian);
  const authLength = u16(bytes, at + 10, littleEndian);
  if (fragLength < COMMON_HEADER_BYTES) return undefined;
  return { type, flags: bytes[at + 3] as number, littleEndian, fragLength, authLength };
}

/** Shortest PDU of each connection-oriented type: its fixed fields ([C706] 12.6.4, [MS-RPCE] 2.2.2.13, [MS-RPCH] 2.2.3.6). */
const shortest: Readonly<Record<number, number>> = {
  0: 24,
  2: 24,
  3: 28,
  11: 28,
  12: 26,
  13: 18,
  14: 28,
  15: 26,
  20: 20,
};

/**
 * True when a stream may be taken for RPC because of these bytes. Stricter than `readCommonHeader`: other protocols begin
 * with 05 00 too (SOCKS answers do), and they pass for a header when only its version and type are looked at.
 */
export function beginsPdu(bytes: Uint8Array): boolean {
  const header = readCommonHeader(bytes);
  if (header === undefined || !isPlain(bytes, 0)) return false;
  const { type, fragLength } = header;
  if (fragLength < (shortest[type] ?? COMMON_HEADER_BYTES) || !hasRoomForAuth(header)) return false;
  return fragLength >= bytes.length || bytes[fragLength] === 5;
}

/** Characters in ASCII, floating point in IEEE, and the reserved bytes zero: what everything of today sends. */
function isPlain(bytes: Uint8Array, at: number): boolean {
  return (
    ((bytes[at + 4] as number) & 15) === 0 &&
    bytes[at + 5] === 0 &&
    bytes[at + 6] === 0 &&
    bytes[at + 7] === 0
  );
}

/** A verifier is its 8 bytes of header and its value, behind the PDU's own header. */
function hasRoomForAuth(header: CommonHeader): boolean {
  return header.authLength === 0 || header.authLength + COMMON_HEADER_BYTES + 8 <= header.fragLength;
}

/**
 * As `readCommonHeader`, but for finding the next PDU in the middle of unknown bytes: what is rare on the wire is refused
 * too, and when the byte after the PDU is there it must begin another.
 */
export function findsHeader(bytes: Uint8Array, at: number): boolean {
  const header = readCommonHeader(bytes, at);
  if (header === undefined) return false;
  const next = at + header.fragLength;
  return isPlain(bytes, at) && hasRoomForAuth(header) && (next >= bytes.length || bytes[next] === 5);
}

/** True when fewer than 16 bytes could still be the beginning of a PDU. */
export function mayBeginHeader(bytes: Uint8Array): boolean {
  return bytes[0] === 5 && (bytes.length < 2 || (bytes[1] as number) <= 1);
}

/**
 * True when a UDP payload looks like a connectionless PDU: version 4, a known type, and a body no longer than the
 * datagram, which keeps out most of what else begins so.
 * @param length of the payload on the wire; the capture may have less of it.
 */
export function isDatagramPdu(bytes: Uint8Array, length: number = bytes.length): boolean {
  if (bytes.length < DATAGRAM_HEADER_BYTES || bytes[0] !== 4) return false;
  const drep = bytes[4] as number;
  if ((bytes[1] as number) > 19 || !isDataRepresentation(drep, bytes[5] as number)) return false;
  return DATAGRAM_HEADER_BYTES + u16(bytes, 74, (drep & 0x10) !== 0) <= length;
}

function u16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  return littleEndian ? first | (second << 8) : (first << 8) | second;
}
