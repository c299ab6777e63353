import { PfcFlag } from "../pdu/packet-type.ts";
import { At, FOREIGN_DREP } from "../wire/fields.ts";

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/** The fields of the request packet a connection is looking at, in place. One object serves all packets of a connection. */
export class RequestPacket {
  bytes: Uint8Array = NO_BYTES;
  view: DataView = NO_VIEW;
  start = 0;
  length = 0;
  littleEndian = true;
  callId = 0;
  flags = 0;
  authLength = 0;
  allocHint = 0;
  contextId = 0;
  opnum = 0;
  /** Where the object UUID stands, or -1. */
  objectAt = -1;
  stub = 0;
  /** End of the stub; set back when a verifier follows. */
  end = 0;

  /** True when text or floating-point numbers come in a form other than ASCII's and IEEE's ([C706] 14.1). */
  get isForeign(): boolean {
    return (this.view.getUint16(this.start + At.drep, true) & FOREIGN_DREP) !== 0;
  }

  /** True when the caller wants no answer. */
  get isMaybe(): boolean {
    return (this.flags & PfcFlag.maybe) !== 0;
  }

  get isFirst(): boolean {
    return (this.flags & PfcFlag.first) !== 0;
  }

  get isLast(): boolean {
    return (this.flags & PfcFlag.last) !== 0;
  }

  /** Looks at a packet; false when it is too short for its header. */
  at(bytes: Uint8Array, view: DataView, start: number, length: number): boolean {
    const little = ((bytes[start + At.drep] as number) & 0xf0) === 0x10;
    this.bytes = bytes;
    this.view = view;
    this.start = start;
    this.length = length;
    this.littleEndian = little;
    this.callId = view.getUint32(start + At.callId, little);
    if (length < At.stub) return false;
    this.flags = bytes[start + At.flags] as number;
    this.authLength = view.getUint16(start + At.authLength, little);
    this.allocHint = view.getUint32(start + At.allocHint, little);
    this.contextId = view.getUint16(start + At.contextId, little);
    this.opnum = view.getUint16(start + At.opnum, little);
    const hasObject = (this.flags & PfcFlag.objectUuid) !== 0;
    this.objectAt = hasObject ? start + At.object : -1;
    this.stub = start + (hasObject ? At.stub + 16 : At.stub);
    this.end = start + length;
    return this.stub <= this.end;
  }
}
