import type { ByteWriter } from "../../base/index.ts";
import { DREP_LITTLE_ENDIAN } from "../pdu/header.ts";
import { PacketType, PfcFlag } from "../pdu/packet-type.ts";
import { CALL_HEADER_BYTES } from "../pdu/request.ts";
import { encodeVerificationTrailer } from "../pdu/verification-trailer.ts";
import { At, WHOLE, headWord } from "../wire/fields.ts";
import type { Output } from "../wire/output.ts";
import type { Binding } from "./binding.ts";

/** Begins a request in the output: its header, but for call id and lengths. The writer stands behind it, its origin there. */
export function beginRequest(
  output: Output,
  contextId: number,
  opnum: number,
  object: Uint8Array | undefined,
): ByteWriter {
  const writer = output.open();
  writer.reserve(CALL_HEADER_BYTES + 16);
  const { view } = writer;
  const at = writer.pos;
  const flags = object === undefined ? WHOLE : WHOLE | PfcFlag.objectUuid;
  view.setUint32(at, headWord(PacketType.request, flags), true);
  view.setUint32(at + At.drep, DREP_LITTLE_ENDIAN, true);
  view.setUint32(at + At.fragLength, 0, true);
  view.setUint32(at + At.contextId, contextId | (opnum << 16), true);
  let stub = at + CALL_HEADER_BYTES;
  if (object !== undefined) {
    writer.bytes.set(object, stub);
    stub += 16;
  }
  writer.pos = stub;
  writer.origin = stub;
  return writer;
}

/** Header bytes of the request at `start`. */
export function headerLength(writer: ByteWriter, start: number): number {
  const object = (writer.bytes[start + At.flags] as number) & PfcFlag.objectUuid;
  return object === 0 ? CALL_HEADER_BYTES : CALL_HEADER_BYTES + 16;
}

/** Ends the stub of the request at `start` with a verification trailer. */
export function appendTrailer(
  writer: ByteWriter,
  start: number,
  binding: Binding,
  headerSigning: boolean,
): void {
  const { view } = writer;
  encodeVerificationTrailer(writer, {
    callId: view.getUint32(start + At.callId, true),
    contextId: binding.contextId,
    opnum: view.getUint16(start + At.opnum, true),
    drep: DREP_LITTLE_ENDIAN,
    abstractSyntax: binding.syntax,
    transferSyntax: binding.transferSyntax,
    headerSigning,
  });
}
