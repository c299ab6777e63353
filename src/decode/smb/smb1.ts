import { ByteReader } from "../../base/index.ts";
import { setBounded } from "../bounded-map.ts";
import type { DecodeLimits } from "../limits.ts";
import type { Chunk } from "../stream/chunk.ts";
import type { OpenTable, SmbOpen } from "./pipes.ts";

/** [MS-CIFS] 2.2.2.1: the commands that open, use and close pipes. */
const Command = {
  close: 0x04,
  read: 0x0a,
  write: 0x0b,
  transaction: 0x25,
  transactionSecondary: 0x26,
  openAndx: 0x2d,
  readAndx: 0x2e,
  writeAndx: 0x2f,
  treeConnectAndx: 0x75,
  ntCreateAndx: 0xa2,
} as const;

/** Commands whose parameter words begin with the next command of the chain. */
const chained = new Set<number>([0x24, 0x2d, 0x2e, 0x2f, 0x73, 0x74, 0x75, 0xa2]);
const NO_COMMAND = 0xff;
const HEADER_BYTES = 32;
const FLAG_REPLY = 0x80;
const FLAG2_UNICODE = 0x8000;
const STATUS_BUFFER_OVERFLOW = 0x80000005;
/** WriteMode bits: the first message of a raw write begins with the total length. */
const RAW_MESSAGE_START = 0x000c;
const TRANS_TRANSACT_NMPIPE = 0x26;

interface Header {
  readonly reply: boolean;
  readonly unicode: boolean;
  readonly tree: number;
  /** Process and multiplex id, which match a response to its request. */
  readonly id: number;
}

/** The parameter words and data bytes of one command. */
interface Block {
  readonly command: number;
  readonly words: ByteReader;
  readonly data: ByteReader;
}

/** What a response needs to know of its request. */
interface Request {
  readonly open?: SmbOpen | undefined;
}

/** Follows the named pipes of one SMB 1 connection ([MS-CIFS], [MS-SMB]). */
export class Smb1Reader {
  readonly #opens: OpenTable;
  readonly #limits: DecodeLimits;
  readonly #requests = new Map<number, Request>();
  readonly #trees = new Map<number, boolean>();

  constructor(opens: OpenTable, limits: DecodeLimits) {
    this.#opens = opens;
    this.#limits = limits;
  }

  /**
   * Reads one message with its chained commands.
   * @throws ComError RPC_X_BAD_STUB_DATA when it ends too soon.
   */
  message(chunk: Chunk): void {
    const reader = new ByteReader(chunk.bytes);
    reader.skip(4);
    const first = reader.u8();
    const status = reader.u32();
    const header = readHeader(reader);
    if (header.reply && status !== 0 && status !== STATUS_BUFFER_OVERFLOW) return;
    let at = HEADER_BYTES;
    for (let command = first; command !== NO_COMMAND;) {
      const block = readBlock(chunk.bytes, at, command);
      if (header.reply) this.#response(header, block, chunk);
      else this.#request(header, block, chunk);
      if (!chained.has(command) || block.words.end - block.words.origin < 4) return;
      const next = new ByteReader(chunk.bytes, block.words.origin, block.words.end);
      command = next.u8();
      next.skip(1);
      const offset = next.u16();
      // Offsets only grow; anything else would be a loop.
      if (offset <= at) return;
      at = offset;
    }
  }

  #request(header: Header, block: Block, chunk: Chunk): void {
    const request = this.#readRequest(header, block, chunk);
    if (request !== undefined) setBounded(this.#requests, header.id, request, this.#limits.maxSmbRequests);
  }

  #readRequest(header: Header, { command, words, data }: Block, chunk: Chunk): Request | undefined {
    switch (command) {
      case Command.ntCreateAndx:
        words.skip(5);
        return {
          open: this.#opens.create(readName(data, header, words.u16()), this.#trees.get(header.tree)),
        };
      case Command.openAndx:
        return { open: this.#opens.create(readName(data, header), this.#trees.get(header.tree)) };
      case Command.treeConnectAndx:
        return {};
      case Command.close:
        this.#opens.close(String(words.u16()));
        return undefined;
      case Command.read:
        return { open: this.#file(header, words) };
      case Command.readAndx:
        words.skip(4);
        return { open: this.#file(header, words) };
      case Command.write: {
        const open = this.#file(header, words);
        open.toServer({ ...chunk, bytes: readBuffer(data) });
        return { open };
      }
      case Command.writeAndx:
        return this.#writeAndx(header, words, chunk);
      case Command.transaction:
        return this.#transaction(header, words, chunk);
      case Command.transactionSecondary: {
        const open = this.#requests.get(header.id)?.open;
        words.skip(10);
        const length = words.u16();
        open?.toServer(part(chunk, words.u16(), length));
        return undefined;
      }
      default:
        return undefined;
    }
  }

  #file(header: Header, words: ByteReader): SmbOpen {
    return this.#opens.get(String(words.u16()), this.#trees.get(header.tree));
  }

  /** [MS-CIFS] 2.2.4.43.1. */
  #writeAndx(header: Header, words: ByteReader, chunk: Chunk): Request {
    words.skip(4);
    const open = this.#file(header, words);
    words.skip(8);
    const mode = words.u16();
    words.skip(2);
    const high = words.u16();
    const length = high * 0x10000 + words.u16();
    const data = part(chunk, words.u16(), length);
    const prefix = (mode & RAW_MESSAGE_START) === RAW_MESSAGE_START ? 2 : 0;
    open.toServer({ ...data, bytes: data.bytes.subarray(prefix) });
    return { open };
  }

  /** [MS-CIFS] 2.2.4.33.1 with the TRANS_TRANSACT_NMPIPE subcommand (2.2.5.6.1). */
  #transaction(header: Header, words: ByteReader, chunk: Chunk): Request | undefined {
    words.skip(22);
    const length = words.u16();
    const offset = words.u16();
    const setupWords = words.u8();
    words.skip(1);
    if (setupWords < 2 || words.u16() !== TRANS_TRANSACT_NMPIPE) return undefined;
    const open = this.#file(header, words);
    open.toServer(part(chunk, offset, length));
    return { open };
  }

  #response(header: Header, { command, words, data }: Block, chunk: Chunk): void {
    const open = this.#requests.get(header.id)?.open;
    switch (command) {
      case Command.treeConnectAndx:
        setBounded(this.#trees, header.tree, readService(data) === "IPC", this.#limits.maxPipes);
        return;
      case Command.ntCreateAndx:
        words.skip(5);
        if (open !== undefined) this.#opens.set(String(words.u16()), open);
        return;
      case Command.openAndx:
        words.skip(4);
        if (open !== undefined) this.#opens.set(String(words.u16()), open);
        return;
      case Command.read:
        open?.toClient({ ...chunk, bytes: readBuffer(data) });
        return;
      case Command.readAndx: {
        words.skip(10);
        const low = words.u16();
        const offset = words.u16();
        open?.toClient(part(chunk, offset, words.u16() * 0x10000 + low));
        return;
      }
      case Command.transaction: {
        words.skip(12);
        const length = words.u16();
        open?.toClient(part(chunk, words.u16(), length));
        return;
      }
      default:
    }
  }
}

/** [MS-CIFS] 2.2.3.1, after the status. */
function readHeader(reader: ByteReader): Header {
  const flags = reader.u8();
  const flags2 = reader.u16();
  reader.skip(12);
  const tree = reader.u16();
  const process = reader.u16();
  reader.skip(2);
  const multiplex = reader.u16();
  return {
    reply: (flags & FLAG_REPLY) !== 0,
    unicode: (flags2 & FLAG2_UNICODE) !== 0,
    tree,
    id: process * 0x10000 + multiplex,
  };
}

function readBlock(bytes: Uint8Array, at: number, command: number): Block {
  const reader = new ByteReader(bytes, at);
  const wordBytes = reader.u8() * 2;
  const words = new ByteReader(bytes, reader.pos, reader.pos + wordBytes);
  reader.skip(wordBytes);
  // The count is 16 bits wide and wrong for large reads and writes: what is there, is there.
  reader.skip(2);
  return { command, words, data: new ByteReader(bytes, reader.pos) };
}

/** A path: UTF-16 aligned to two bytes from the header, or one byte a character, ending with a zero. */
function readName(data: ByteReader, header: Header, length = Infinity): string {
  let text = "";
  if (!header.unicode) {
    while (text.length < length && data.remaining > 0) {
      const unit = data.u8();
      if (unit === 0) break;
      text += String.fromCharCode(unit);
    }
  } else {
    if (data.pos % 2 !== 0) data.skip(1);
    while (text.length * 2 < length && data.remaining >= 2) {
      const unit = data.u16();
      if (unit === 0) break;
      text += String.fromCharCode(unit);
    }
  }
  return text.replace(/^\\/, "");
}

/** The service of a tree connect response: "IPC", "A:", "LPT1:", always one byte a character. */
function readService(data: ByteReader): string {
  return String.fromCharCode(...data.raw(Math.min(3, data.remaining)));
}

/** A data buffer: a format byte, a length, the bytes. */
function readBuffer(data: ByteReader): Uint8Array {
  data.skip(1);
  return data.raw(data.u16());
}

/** A part of the message as a chunk; offsets count from the SMB header. */
function part(chunk: Chunk, offset: number, length: number): Chunk {
  const reader = new ByteReader(chunk.bytes, offset);
  return { ...chunk, bytes: reader.raw(length) };
}

/** The reply flag of the header ([MS-CIFS] 2.2.3.1). */
export function isSmb1Reply(bytes: Uint8Array): boolean {
  return ((bytes[9] ?? 0) & FLAG_REPLY) !== 0;
}
