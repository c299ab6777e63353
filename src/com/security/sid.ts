import { type ByteReader, type ByteWriter, ComError, HResult } from "../../base/index.ts";

/** Security identifiers that mean the same on every machine ([MS-DTYP] 2.4.2.4). */
export const WellKnownSid = {
  everyone: "S-1-1-0",
  local: "S-1-2-0",
  creatorOwner: "S-1-3-0",
  creatorGroup: "S-1-3-1",
  ownerRights: "S-1-3-4",
  network: "S-1-5-2",
  interactive: "S-1-5-4",
  anonymous: "S-1-5-7",
  authenticatedUsers: "S-1-5-11",
  system: "S-1-5-18",
  administrators: "S-1-5-32-544",
  users: "S-1-5-32-545",
  guests: "S-1-5-32-546",
} as const;

const maxSubauthorities = 15;

/** A SID in text form ([MS-DTYP] 2.4.2.2). Throws E_INVALIDARG. */
export function readSid(reader: ByteReader): string {
  const revision = reader.u8();
  const count = reader.u8();
  if (count > maxSubauthorities) throw new ComError(HResult.E_INVALIDARG, `${count} subauthorities`);
  const authority = reader.u16be() * 0x1_0000_0000 + reader.u16be() * 0x1_0000 + reader.u16be();
  const parts = Array.from({ length: count }, () => reader.u32());
  return ["S", revision, authority, ...parts].join("-");
}

export function writeSid(writer: ByteWriter, sid: string): void {
  const { authority, parts } = parseSid(sid);
  writer.u8(1);
  writer.u8(parts.length);
  for (let shift = 40; shift >= 0; shift -= 8) writer.u8(Math.floor(authority / 2 ** shift) % 256);
  for (const part of parts) writer.u32(part);
}

/** The canonical text of a SID in any case. Throws E_INVALIDARG. */
export function canonicalSid(text: string): string {
  const { authority, parts } = parseSid(text);
  return ["S-1", authority, ...parts].join("-");
}

function parseSid(text: string): { readonly authority: number; readonly parts: readonly number[] } {
  const match = /^S-1-(\d{1,15}|0x[0-9a-f]{1,12})((?:-\d{1,10})+)$/i.exec(text);
  const authority = Number(match?.[1]);
  const parts = (match?.[2] ?? "").split("-").slice(1).map(Number);
  const sound =
    match !== null &&
    authority < 2 ** 48 &&
    parts.length <= maxSubauthorities &&
    parts.every((part) => part < 2 ** 32);
  if (!sound) throw new ComError(HResult.E_INVALIDARG, `"${text.slice(0, 80)}" is no security identifier`);
  return { authority, parts };
}
