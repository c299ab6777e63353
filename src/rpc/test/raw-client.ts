import { ByteWriter } from "../../base/index.ts";
import { PacketType } from "../pdu/packet-type.ts";
import { type Pdu, type PduBody, decodePdu, encodePdu, makePdu } from "../pdu/pdu.ts";
import { NDR20, type SyntaxId } from "../pdu/syntax.ts";
import { memoryPair } from "../transport/memory.ts";
import type { Connection } from "../transport/transport.ts";
import type { RpcServer } from "../index.ts";

/** A client that sends what it is told, right or wrong, and keeps what comes back. */
export class RawClient {
  readonly connection: Connection;
  closed = false;
  /** Answers that nobody has asked for yet. */
  readonly answers: Pdu[] = [];
  /** Bytes received. */
  received = 0;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(connection: Connection) {
    this.connection = connection;
    connection.start({
      received: (buffer, start, end) => this.#take(buffer.slice(start, end)),
      room: () => undefined,
      written: () => {},
      disconnected: () => (this.closed = true),
    });
  }

  #take(bytes: Uint8Array): void {
    this.received += bytes.length;
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 16) {
      const length = Buffer.from(this.#rest).readUInt16LE(8);
      if (this.#rest.length < length) break;
      this.answers.push(decodePdu(this.#rest, 0, length));
      this.#rest = this.#rest.subarray(length);
    }
  }

  send(bytes: Uint8Array): void {
    this.connection.write(bytes, 0, bytes.length);
  }

  sendBody(body: PduBody, callId: number, flags = 3): void {
    this.send(encodePdu(makePdu(body, callId, flags)));
  }

  bind(syntax: SyntaxId, contextId = 0, callId = 1): void {
    this.sendBody(bindBody(syntax, contextId), callId);
  }

  request(opnum: number, stub: Uint8Array, callId: number, flags = 3, contextId = 0): void {
    const body: PduBody = {
      type: PacketType.request,
      allocHint: stub.length,
      contextId,
      opnum,
      object: undefined,
      stub,
    };
    this.sendBody(body, callId, flags);
  }

  /** The next answer; waits for it, or for the end. */
  async next(): Promise<Pdu | undefined> {
    for (let i = 0; i < 500; i++) {
      const pdu = this.answers.shift();
      if (pdu !== undefined) return pdu;
      if (this.closed) return undefined;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return undefined;
  }

  /** True once the other side has closed. */
  async ends(): Promise<boolean> {
    for (let i = 0; i < 500 && !this.closed; i++) await new Promise((resolve) => setImmediate(resolve));
    return this.closed;
  }
}

export function bindBody(syntax: SyntaxId, contextId = 0): PduBody {
  return {
    type: PacketType.bind,
    maxTransmit: 5840,
    maxReceive: 5840,
    associationGroup: 0,
    contexts: [{ id: contextId, abstractSyntax: syntax, transferSyntaxes: [NDR20] }],
  };
}

/** A raw client on a server, in memory. */
export async function rawClient(server: RpcServer): Promise<RawClient> {
  const [client, served] = memoryPair();
  const transport = {
    protseq: "memory",
    fragmentBytes: 5840,
    connect: () => Promise.reject(new Error("listens only")),
    listen: (_endpoint: unknown, accept: (connection: Connection) => void) => {
      accept(served);
      return Promise.resolve({
        endpoint: { protseq: "memory", endpoint: "" },
        close: () => Promise.resolve(),
      });
    },
  };
  await server.listen(transport);
  return new RawClient(client);
}

export function zeros(length: number): Uint8Array {
  const writer = new ByteWriter();
  writer.zeros(length);
  return writer.finish();
}
