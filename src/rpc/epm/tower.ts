import { ByteReader, ByteWriter, ComError, HResult } from "../../base/index.ts";
import { NDR20, type SyntaxId } from "../pdu/syntax.ts";
import { protocolById, protocolOf } from "./protocols.ts";

/** An interface at an endpoint, as a protocol tower says it ([C706] appendix I and L, [MS-RPCE] 2.2.1.2.1). */
export interface Tower {
  readonly syntax: SyntaxId;
  readonly transferSyntax: SyntaxId;
  readonly protseq: string;
  /** Empty in a tower that asks for an endpoint. */
  readonly endpoint: string;
  /** IPv4 address or machine name; empty when the protocol has none or it is asked for. */
  readonly host: string;
}

const UUID_FLOOR = 0x0d;
const MOST_FLOORS = 16;

/** The octets of a tower; `protseq` must be one that towers know. */
export function encodeTower(tower: Tower): Uint8Array {
  const protocol = protocolOf(tower.protseq);
  const writer = new ByteWriter(96);
  writer.u16(protocol.hostId === undefined ? 4 : 5);
  syntaxFloor(writer, tower.syntax);
  syntaxFloor(writer, tower.transferSyntax);
  floor(writer, [protocol.id], [0, 0]);
  floor(writer, [protocol.endpointId], protocol.encodeEndpoint(tower.endpoint));
  if (protocol.hostId !== undefined) floor(writer, [protocol.hostId], protocol.encodeHost(tower.host));
  return writer.finish();
}

function floor(
  writer: ByteWriter,
  left: readonly number[] | Uint8Array,
  right: readonly number[] | Uint8Array,
): void {
  writer.u16(left.length);
  writer.raw(Uint8Array.from(left));
  writer.u16(right.length);
  writer.raw(Uint8Array.from(right));
}

function syntaxFloor(writer: ByteWriter, syntax: SyntaxId): void {
  const left = new ByteWriter(19);
  left.u8(UUID_FLOOR);
  left.guid(syntax.uuid);
  left.u16(syntax.version[0]);
  floor(writer, left.written(), [syntax.version[1] & 0xff, syntax.version[1] >> 8]);
}

interface Floor {
  readonly id: number;
  readonly left: ByteReader;
  readonly right: Uint8Array;
}

/** Reads a tower. `undefined` when it is well formed but of protocols not known here; throws when it is malformed. */
export function decodeTower(octets: Uint8Array): Tower | undefined {
  const reader = new ByteReader(octets);
  const count = reader.u16();
  if (count > MOST_FLOORS) throw new ComError(HResult.RPC_X_BAD_STUB_DATA, `a tower of ${count} floors`);
  const floors: Floor[] = [];
  for (let i = 0; i < count; i++) floors.push(decodeFloor(reader));
  const [first, second, third, fourth, fifth] = floors;
  if (first?.id !== UUID_FLOOR || second?.id !== UUID_FLOOR || third === undefined || fourth === undefined) {
    return undefined;
  }
  const protocol = protocolById(third.id, fourth.id);
  if (protocol === undefined) return undefined;
  return {
    syntax: syntaxOf(first),
    transferSyntax: syntaxOf(second),
    protseq: protocol.protseq,
    endpoint: protocol.decodeEndpoint(fourth.right),
    host: fifth === undefined ? "" : protocol.decodeHost(fifth.right),
  };
}

function decodeFloor(reader: ByteReader): Floor {
  const left = reader.raw(reader.u16());
  const right = reader.raw(reader.u16());
  const inner = new ByteReader(left);
  const id = inner.u8();
  return { id, left: inner, right };
}

function syntaxOf({ left, right }: Floor): SyntaxId {
  const uuid = left.guid();
  return { uuid, version: [left.u16(), new ByteReader(right).u16()] };
}

/** A tower of NDR 2.0, what there is in practice. */
export function towerOf(syntax: SyntaxId, protseq: string, endpoint: string, host = ""): Tower {
  return { syntax, transferSyntax: NDR20, protseq, endpoint, host };
}
