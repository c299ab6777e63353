import { toHex, FILETIME_OF_1970 } from "../../base/index.ts";
import {
  type AvPair,
  AvId,
  decodeAuthenticate,
  decodeAvPairs,
  decodeChallenge,
  decodeNegotiate,
  NtlmFlag,
} from "../auth.ts";
import { formatTime } from "../capture/packet.ts";
import type { Json } from "../session/decoded.ts";

const signature = [0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0];

/** True when the bytes begin with "NTLMSSP" and a zero. */
export function isNtlm(token: Uint8Array): boolean {
  return token.length >= 12 && signature.every((byte, i) => token[i] === byte);
}

/** One NTLM message in words ([MS-NLMP] 2.2.1). Secrets it proves are shown only as what travels anyway. */
export function explainNtlm(token: Uint8Array): Json {
  switch (token[8]) {
    case 1:
      return negotiate(token);
    case 2:
      return challenge(token);
    case 3:
      return authenticate(token);
    default:
      return { ntlm: `message type ${token[8]}`, bytes: token.length };
  }
}

function negotiate(token: Uint8Array): Json {
  const { flags, domain, workstation, version } = decodeNegotiate(token);
  return { ntlm: "NEGOTIATE", flags: flagNames(flags), domain, workstation, version: versionText(version) };
}

function challenge(token: Uint8Array): Json {
  const { flags, targetName, serverChallenge, targetInfo, version } = decodeChallenge(token);
  return {
    ntlm: "CHALLENGE",
    flags: flagNames(flags),
    targetName,
    serverChallenge: toHex(serverChallenge),
    targetInfo: pairsJson(targetInfo),
    version: versionText(version),
  };
}

/** Bytes before the list of pairs in an NTLMv2 response: the proof and the fixed part of the temp structure. */
const NTLMV2_HEAD = 16 + 28;

function authenticate(token: Uint8Array): Json {
  const { flags, ntResponse, domain, user, workstation, encryptedSessionKey, version, mic } =
    decodeAuthenticate(token);
  const isV2 = ntResponse.length > NTLMV2_HEAD;
  return {
    ntlm: "AUTHENTICATE",
    flags: flagNames(flags),
    domain,
    user,
    workstation,
    response: isV2 ? "NTLMv2" : ntResponse.length === 24 ? "NTLMv1 or NTLM2 session" : "none",
    clientInfo: isV2 ? clientInfo(ntResponse) : undefined,
    keyExchange: encryptedSessionKey.length > 0,
    mic: mic === undefined ? undefined : toHex(mic),
    version: versionText(version),
  };
}

/** The pairs inside the NTLMv2 response; captures hold some that are malformed. */
function clientInfo(ntResponse: Uint8Array): Json {
  try {
    return pairsJson(decodeAvPairs(ntResponse.subarray(NTLMV2_HEAD)));
  } catch {
    return "malformed";
  }
}

const flagTable = Object.entries(NtlmFlag);

function flagNames(flags: number): string[] {
  return flagTable.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name);
}

function versionText(version: { major: number; minor: number; build: number } | undefined): Json {
  return version === undefined ? undefined : `${version.major}.${version.minor}.${version.build}`;
}

const pairNames = new Map<number, string>(Object.entries(AvId).map(([name, id]) => [id, name]));
const binaryPairs = new Set<number>([AvId.flags, AvId.singleHost, AvId.channelBindings]);

function pairsJson(pairs: readonly AvPair[] | undefined): Json {
  if (pairs === undefined) return undefined;
  const out: Record<string, Json> = {};
  for (const { id, value } of pairs) out[pairNames.get(id) ?? `av${id}`] = pairValue(id, value);
  return out;
}

function pairValue(id: number, value: Uint8Array): Json {
  if (id === AvId.timestamp && value.length === 8) return fileTime(value);
  if (binaryPairs.has(id)) return toHex(value);
  return Buffer.from(value).toString("utf16le");
}

/** FILETIME: 100 ns since 1601. */
function fileTime(value: Uint8Array): string {
  const ticks = new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, true);
  return formatTime((ticks - FILETIME_OF_1970) * 100n);
}
