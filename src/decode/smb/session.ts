import { ComError } from "../../base/index.ts";
import type { DecodeLimits } from "../limits.ts";
import type { Chunk, StreamSink } from "../stream/chunk.ts";
import { SmbMessageFramer } from "./message-framer.ts";
import { OpenTable, type PipeSinks, type Way } from "./pipes.ts";
import { Smb1Reader, isSmb1Reply } from "./smb1.ts";
import { Smb2Reader, isSmb2Reply } from "./smb2.ts";

export interface SmbEvents {
  /** A pipe that carries RPC was found; the answer receives its bytes. */
  pipe(name: string | undefined): PipeSinks;
  note(frame: number, text: string): void;
}

/** Finds named pipes in one SMB connection: both versions, both directions. */
export class SmbSession {
  readonly #events: SmbEvents;
  readonly #opens: OpenTable;
  readonly #smb1: Smb1Reader;
  readonly #smb2: Smb2Reader;
  readonly #limits: DecodeLimits;
  #ended = 0;
  #saidSealed = false;

  constructor(events: SmbEvents, limits: DecodeLimits) {
    this.#events = events;
    this.#limits = limits;
    this.#opens = new OpenTable(limits.maxPipes, (name) => events.pipe(name));
    this.#smb1 = new Smb1Reader(this.#opens, limits);
    this.#smb2 = new Smb2Reader(this.#opens, limits);
  }

  /** The receiver of one direction of the TCP stream; call it once for each. */
  direction(): StreamSink {
    let way: Way | undefined;
    const framer = new SmbMessageFramer(
      {
        message: (chunk) => {
          way = wayOf(chunk.bytes) ?? way;
          this.#message(chunk);
        },
        lost: (frame) => this.#opens.lost(frame, way),
      },
      this.#limits.maxSmbMessageBytes,
    );
    return {
      data: (chunk) => framer.data(chunk),
      gap: (length, frame) => framer.gap(length, frame),
      end: () => {
        framer.end();
        if (++this.#ended === 2) this.#opens.end();
      },
    };
  }

  #message(chunk: Chunk): void {
    try {
      this.#dispatch(chunk);
    } catch (error) {
      const { message } = ComError.from(error);
      this.#events.note(chunk.frame, `malformed SMB message: ${message}`);
    }
  }

  #dispatch(chunk: Chunk): void {
    switch (chunk.bytes[0]) {
      case 0xff:
        this.#smb1.message(chunk);
        return;
      case 0xfe:
        this.#smb2.message(chunk);
        return;
      default:
        if (!this.#saidSealed)
          this.#events.note(chunk.frame, "encrypted or compressed SMB: its pipes stay unread");
        this.#saidSealed = true;
    }
  }
}

/** Which end a message comes from; undefined when it is too short, encrypted or compressed. */
function wayOf(bytes: Uint8Array): Way | undefined {
  if (bytes.length < 32 || (bytes[0] !== 0xff && bytes[0] !== 0xfe)) return undefined;
  const isReply = bytes[0] === 0xff ? isSmb1Reply(bytes) : isSmb2Reply(bytes);
  return isReply ? "toClient" : "toServer";
}
