import { ComError, HResult } from "../../../base/index.ts";

/*
 * Frames of the local link between the processes of a machine and its service control manager: a 32-bit little-endian length and that many
 * bytes of JSON. The socket belongs to the machine's owner alone; the limits guard against a broken peer rather than a hostile one.
 */

/** Longest frame, bytes; an OBJREF or an activation never comes near. Stops a length that would fill memory. */
const maxFrameBytes = 16 * 1024 * 1024;

/** One message as a frame. Throws E_INVALIDARG when it is too long. */
export function encodeFrame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message), "utf8");
  if (body.length > maxFrameBytes) {
    throw new ComError(HResult.E_INVALIDARG, `a local message of ${body.length} bytes is too long`);
  }
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32LE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;
  #wanted: number | undefined;

  /** Takes bytes and answers the messages that are now whole. Throws RPC_E_INVALID_DATA on bytes that are no frame. */
  push(chunk: Buffer): object[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const messages: object[] = [];
    for (;;) {
      const message = this.#next();
      if (message === undefined) return messages;
      messages.push(message);
    }
  }

  #next(): object | undefined {
    this.#wanted ??= this.#held < 4 ? undefined : this.#take(4).readUInt32LE(0);
    if (this.#wanted === undefined) return undefined;
    if (this.#wanted > maxFrameBytes) throw malformed(`a frame of ${this.#wanted} bytes is too long`);
    if (this.#held < this.#wanted) return undefined;
    const body = this.#take(this.#wanted);
    this.#wanted = undefined;
    return parse(body);
  }

  #take(count: number): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#held -= count;
    this.#chunks = this.#held === 0 ? [] : [all.subarray(count)];
    return all.subarray(0, count);
  }
}

function parse(body: Buffer): object {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw malformed("a frame is not JSON", error);
  }
  if (typeof value !== "object" || value === null) throw malformed("a frame is not an object");
  return value;
}

function malformed(message: string, cause?: unknown): ComError {
  return new ComError(HResult.RPC_E_INVALID_DATA, message, { where: "local link", cause });
}
