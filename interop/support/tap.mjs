import { PacketType } from "../../dist/rpc/index.js";

const HEADER_BYTES = 16;

/** A transport that also notes the header of every packet sent and received, from the bytes themselves. */
export class Tap {
  /** `{ type, flags, callId, length, auth }` in the order seen; `auth` is `{ service, level, contextId }` of packets that carry one. */
  sent = [];
  received = [];

  over(transport) {
    return {
      ...transport,
      connect: async (endpoint, signal) => this.#wrap(await transport.connect(endpoint, signal)),
    };
  }

  /** How many fragments each message of `list` with this type had. */
  static fragments(list, type) {
    const counts = new Map();
    for (const packet of list) {
      if (packet.type === type) counts.set(packet.callId, (counts.get(packet.callId) ?? 0) + 1);
    }
    return [...counts.values()];
  }

  get acknowledged() {
    return this.received.filter(
      (packet) => packet.type === PacketType.bindAck || packet.type === PacketType.alterContextResponse,
    );
  }

  forget() {
    this.sent.length = 0;
    this.received.length = 0;
  }

  #wrap(connection) {
    const outgoing = new PacketHeaders(this.sent);
    const incoming = new PacketHeaders(this.received);
    return new Proxy(connection, {
      get(target, name) {
        if (name === "write") {
          return (bytes, start, end) => {
            outgoing.add(bytes.subarray(start, end));
            return target.write(bytes, start, end);
          };
        }
        if (name === "start") return (sink) => target.start(noting(sink, incoming));
        const value = target[name];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }
}

function noting(sink, headers) {
  return {
    received(buffer, start, end) {
      headers.add(buffer.subarray(start, end));
      sink.received(buffer, start, end);
    },
    room: () => sink.room(),
    written: () => sink.written(),
    disconnected: (error) => sink.disconnected(error),
  };
}

/** Cuts a stream into packets. */
class PacketHeaders {
  #list;
  #kept = Buffer.alloc(0);

  constructor(list) {
    this.#list = list;
  }

  add(bytes) {
    let rest = Buffer.concat([this.#kept, bytes]);
    while (rest.length >= HEADER_BYTES && rest.length >= rest.readUInt16LE(8)) {
      const length = rest.readUInt16LE(8);
      this.#list.push(headerOf(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
    this.#kept = Buffer.from(rest);
  }
}

function headerOf(packet) {
  const authLength = packet.readUInt16LE(10);
  const trailer = packet.length - authLength - 8;
  const auth =
    authLength === 0
      ? undefined
      : { service: packet[trailer], level: packet[trailer + 1], contextId: packet.readUInt32LE(trailer + 4) };
  return { type: packet[2], flags: packet[3], callId: packet.readUInt32LE(12), length: packet.length, auth };
}
