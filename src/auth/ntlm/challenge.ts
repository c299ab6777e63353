import { ByteReader } from "../../base/index.ts";
import { badToken, decoding } from "../failure.ts";
import { type AvPair, decodeAvPairs, encodeAvPairs } from "./av-pair.ts";
import {
  MessageType,
  MessageWriter,
  decodeField,
  decodeHeader,
  encodeText,
  payload,
  payloadText,
} from "./fields.ts";
import { NtlmFlag, has } from "./flags.ts";
import { type NtlmVersion, decodeVersion, encodeVersion, versionLength } from "./version.ts";

/** CHALLENGE_MESSAGE ([MS-NLMP] 2.2.1.2): what the server agrees to, who it is, and its nonce. */
export interface ChallengeMessage {
  readonly flags: number;
  readonly targetName: string;
  /** Eight random bytes. */
  readonly serverChallenge: Uint8Array;
  /** Absent when the flags do not announce it. */
  readonly targetInfo?: readonly AvPair[] | undefined;
  readonly version?: NtlmVersion | undefined;
}

export function encodeChallenge(message: ChallengeMessage): Uint8Array {
  const w = new MessageWriter(MessageType.challenge);
  w.field(encodeText(message.targetName, message.flags), 0);
  w.out.u32(message.flags);
  w.out.raw(message.serverChallenge);
  w.out.zeros(8);
  w.field(message.targetInfo === undefined ? new Uint8Array(0) : encodeAvPairs(message.targetInfo), 1);
  encodeVersion(w.out, message.version);
  return w.finish();
}

export function decodeChallenge(bytes: Uint8Array): ChallengeMessage {
  return decoding("NTLM CHALLENGE message", () => {
    const r = new ByteReader(bytes);
    decodeHeader(r, MessageType.challenge);
    const targetName = decodeField(r);
    const flags = r.u32();
    const serverChallenge = r.raw(8);
    // The oldest servers end here, or with the eight reserved bytes.
    const short = r.remaining < 16;
    if (!short) r.skip(8);
    const targetInfo = short ? { length: 0, offset: 0 } : decodeField(r);
    const withVersion = !short && has(flags, NtlmFlag.version) && r.remaining >= versionLength;
    const announced = has(flags, NtlmFlag.targetInfo);
    if (announced && targetInfo.length === 0) throw badToken("announces target information and has none");
    return {
      flags,
      targetName: payloadText(r, targetName, "target name", flags),
      serverChallenge,
      targetInfo: announced ? decodeAvPairs(payload(r, targetInfo, "target information")) : undefined,
      version: withVersion ? decodeVersion(r) : undefined,
    };
  });
}
