import { ByteReader, ComError, GUID_NULL } from "../../base/index.ts";
import { serviceName, statusText } from "../names/words.ts";
import { packetTypeNames } from "../rpc.ts";
import type { DecodedPdu, Json } from "./decoded.ts";
import { interfaceRef, methodName } from "./fields.ts";

/** Bits of the first flags byte of a connectionless PDU ([C706] 12.5.2.3). */
const flags1: readonly [number, string][] = [
  [0x02, "last_frag"],
  [0x04, "frag"],
  [0x08, "no_fack"],
  [0x10, "maybe"],
  [0x20, "idempotent"],
  [0x40, "broadcast"],
];
const FLAG_LAST = 0x02;
const FLAG_FRAGMENT = 0x04;
const FLAG2_CANCEL_PENDING = 0x02;
/** Types sent by the client: request, ping, ack, cl_cancel, fack. A fack goes both ways. */
const fromClient = new Set([0, 1, 7, 8, 9]);
const REJECT = 6;
const FAULT = 3;

type DatagramMeaning = Omit<
  DecodedPdu,
  "frame" | "stream" | "time" | "carrier" | "source" | "destination" | "missing"
>;

/** Explains a connectionless PDU ([C706] 12.5): the header says everything, nothing has to be remembered. */
export function explainDatagram(bytes: Uint8Array): DatagramMeaning {
  const reader = new ByteReader(bytes);
  reader.skip(1);
  const type = reader.u8();
  const first = reader.u8();
  const second = reader.u8();
  reader.littleEndian = (reader.u8() & 0x10) !== 0;
  reader.skip(3);
  const object = reader.guid();
  const uuid = reader.guid();
  const activity = reader.guid();
  const serverBoot = reader.u32();
  // One number of 32 bits, the major half lower; older peers write the major version alone.
  const version = reader.u32();
  const callId = reader.u32();
  const opnum = reader.u16();
  reader.skip(4);
  const length = reader.u16();
  const fragmentNumber = reader.u16();
  const authService = reader.u8();
  reader.skip(1);
  const names = flags1.filter(([bit]) => first & bit).map(([, name]) => name);
  if (second & FLAG2_CANCEL_PENDING) names.push("cancel_pending");
  return {
    direction: fromClient.has(type) ? "toServer" : "toClient",
    type: packetTypeNames[type] ?? `type ${type}`,
    callId,
    flags: names,
    length: bytes.length,
    interface: interfaceRef(uuid, `${version & 0xffff}.${version >>> 16}`),
    opnum,
    method: methodName(uuid, opnum),
    object: object === GUID_NULL ? undefined : object,
    fragment: fragmentOf(first, fragmentNumber),
    ...bodyOf(type, reader, {
      activity,
      serverBoot,
      fragmentNumber,
      bodyBytes: length,
      ...authOf(authService),
    }),
  };
}

function authOf(service: number): { readonly [key: string]: Json } {
  return service === 0 ? {} : { authentication: serviceName(service) };
}

/** Reject and fault have a status as their body. */
function bodyOf(
  type: number,
  reader: ByteReader,
  fields: { readonly [key: string]: Json },
): Pick<DatagramMeaning, "body" | "status" | "error"> {
  if (type !== REJECT && type !== FAULT) return { body: fields };
  try {
    return { body: fields, status: statusText(reader.u32()) };
  } catch (error) {
    return { body: fields, error: ComError.from(error).message };
  }
}

function fragmentOf(flags: number, number: number): DatagramMeaning["fragment"] {
  if ((flags & FLAG_FRAGMENT) === 0) return undefined;
  if (flags & FLAG_LAST) return "last";
  return number === 0 ? "first" : "middle";
}
