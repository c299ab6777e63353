// Calling and serving interfaces.
export { Association, type AssociationState } from "./client/association.ts";
export type { AssociationOptions } from "./client/options.ts";
export { Binding } from "./client/binding.ts";
export { type BindingSecurity, SecurityHandle } from "./client/security.ts";
export type { ResponseDecoder, RpcCallOptions } from "./client/pending-call.ts";
export { bindInterface } from "./raw/bind-interface.ts";
export { RpcServer } from "./server/rpc-server.ts";
export type { RpcServerOptions } from "./server/options.ts";
export type { Dispatcher, RpcConnection, ServerCall } from "./server/dispatcher.ts";
export type { AssociationGroup } from "./server/association-groups.ts";
export { type ServeOptions, serveInterface } from "./raw/serve-interface.ts";
export { registerManagement } from "./raw/management.ts";
export { FaultStatus, hresultOfFault, nameOfFault } from "./fault-status.ts";
// Where they are.
export { type RpcEndpoint, formatEndpoint } from "./endpoint.ts";
export { type StringBinding, formatStringBinding, parseStringBinding } from "./string-binding.ts";
export type { Connection, ConnectionSink, Listener, Transport } from "./transport/transport.ts";
export { tcpTransport } from "./transport/tcp.ts";
export { localTransport } from "./transport/local.ts";
export { privateFolder } from "./transport/private-folder.ts";
export { MemoryTransport, memoryPair } from "./transport/memory.ts";
export { type PortLink, PortTransport } from "./transport/port.ts";
export { type Bell, bellOf, endBell, hasEnded, ring, sleepOn } from "./transport/bell.ts";
export {
  type EndpointEntry,
  EndpointMap,
  type EndpointQuery,
  type VersionMatch,
} from "./epm/endpoint-map.ts";
export { EndpointMapperClient } from "./epm/client.ts";
export { registerEndpointMapper } from "./epm/server.ts";
export { type Tower, decodeTower, encodeTower, towerOf } from "./epm/tower.ts";
export { epm } from "./gen/epmapper.ts";
export { mgmt } from "./gen/mgmt.ts";
// For those who read or write packets themselves.
export { type Pdu, type PduBody, decodePdu, encodePdu, makePdu } from "./pdu/pdu.ts";
export type { PduHeader } from "./pdu/header.ts";
export { PacketType, PfcFlag, packetTypeNames } from "./pdu/packet-type.ts";
export {
  ContextResult,
  type PresentationContext,
  type PresentationResult,
  RejectReason,
} from "./pdu/presentation.ts";
export { BindNakReason } from "./pdu/bind-nak.ts";
export type { AuthVerifier } from "./pdu/verifier.ts";
export { ENCODINGS, NDR20, NDR64, type SyntaxId, featuresOf } from "./pdu/syntax.ts";
