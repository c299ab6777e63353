/** What this layer takes from the rpc layer, in one place. */
export {
  type AuthVerifier,
  type Pdu,
  type PresentationContext,
  type PresentationResult,
  type SyntaxId,
  PacketType,
  PfcFlag,
  decodePdu,
  featuresOf,
  nameOfFault,
  packetTypeNames,
} from "../rpc/index.ts";
