export { type DecodeLimits, defaultDecodeLimits } from "./limits.ts";
export { type DecodeNote, Notes } from "./notes.ts";
export { isCapture, openCapture } from "./capture/open.ts";
export { type Packet, formatTime } from "./capture/packet.ts";
export { type Endpoint, endpointText } from "./net/connections.ts";
export { findPdus } from "./traffic/find-pdus.ts";
export type { Carrier, Channel, RawPdu } from "./traffic/pdu.ts";
