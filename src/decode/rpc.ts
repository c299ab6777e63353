/** What this layer takes from the rpc layer, in one place. */
export { type Pdu, decodePdu } from "../rpc/pdu/pdu.ts";
export { PacketType, packetTypeNames, PfcFlag } from "../rpc/pdu/packet-type.ts";
export { type SyntaxId, featuresOf, NDR20, NDR64 } from "../rpc/pdu/syntax.ts";
export type { PresentationContext, PresentationResult } from "../rpc/pdu/presentation.ts";
export type { AuthVerifier } from "../rpc/pdu/verifier.ts";
