import { ByteReader } from "../../base/index.ts";
import { setBounded } from "../bounded-map.ts";
import type { DecodeLimits } from "../limits.ts";
import type { Chunk } from "../stream/chunk.ts";
import type { OpenTable, SmbOpen } from "./pipes.ts";

/** [MS-SMB2] 2.2.1: the commands that open, use and close pipes. */
const Command = { treeConnect: 3, create: 5, close: 6, read: 8, write: 9, ioctl: 11 } as const;

const HEADER_BYTES = 64;
const FLAG_RESPONSE = 1;
const FLAG_ASYNC = 2;
const FLAG_RELATED = 4;
const STATUS_PENDING = 0x00000103;
const STATUS_BUFFER_OVERFLOW = 0x80000005;
const SHARE_TYPE_PIPE = 2;
const FSCTL_PIPE_TRANSCEIVE = 0x0011c017;
/** In a related request: the file of the request before. */
const RELATED_FILE = "f".repeat(32);

/** One header of a message with its place. */
interface Header {
  readonly command: number;
  readonly status: number;
  readonly flags: number;
  readonly id: bigint;
  readonly tree: string;
  /** Where the header and its body lie in the message. */
  readonly start: number;
  readonly end: number;
}

/** What a response needs to know of its request. */
interface Request {
  readonly command: number;
  readonly open?: SmbOpen | undefined;
  readonly fileId?: string | undefined;
}

/** Follows the named pipes of one SMB 2 or 3 connection ([MS-SMB2]). */
export class Smb2Reader {
  readonly #opens: OpenTable;
  readonly #limits: DecodeLimits;
  readonly #requests = new Map<bigint, Request>();
  /** Whether a tree (session and tree id) is the pipe share. */
  readonly #trees = new Map<string, boolean>();
  /** The file of the previous request of the message being read. */
  #related: Request | undefined;

  constructor(opens: OpenTable, limits: DecodeLimits) {
    this.#opens = opens;
    this.#limits = limits;
  }

  /**
   * Reads one message, which may hold several chained commands.
   * @throws ComError RPC_X_BAD_STUB_DATA when it ends too soon.
   */
  message(chunk: Chunk): void {
    this.#related = undefined;
    for (let start = 0; ;) {
      const reader = new ByteReader(chunk.bytes, start);
      const { header, next } = readHeader(reader, start, chunk.bytes.length);
      if (header.flags & FLAG_RESPONSE) this.#response(header, chunk);
      else this.#request(header, chunk);
      if (next < HEADER_BYTES) return;
      start += next;
    }
  }

  #request(header: Header, chunk: Chunk): void {
    const { bytes } = chunk;
    const body = new ByteReader(bytes, header.start + HEADER_BYTES, header.end);
    const request = this.#readRequest(header, body, chunk);
    if (request === undefined) return;
    this.#related = request;
    setBounded(this.#requests, header.id, request, this.#limits.maxSmbRequests);
  }

  #readRequest(header: Header, body: ByteReader, chunk: Chunk): Request | undefined {
    const { command } = header;
    switch (command) {
      case Command.treeConnect:
        return { command };
      case Command.create:
        return { command, open: this.#opens.create(readName(body, header), this.#trees.get(header.tree)) };
      case Command.close:
        body.skip(8);
        return this.#fileRequest(header, body);
      case Command.read:
        body.skip(16);
        return this.#fileRequest(header, body);
      case Command.write:
        return this.#write(header, body, chunk);
      case Command.ioctl:
        return this.#ioctl(header, body, chunk);
      default:
        return undefined;
    }
  }

  /** A request whose file id comes next in the body. */
  #fileRequest(header: Header, body: ByteReader): Request {
    const { command } = header;
    const fileId = hex(body.raw(16));
    if (fileId === RELATED_FILE && header.flags & FLAG_RELATED && this.#related !== undefined) {
      return { command, open: this.#related.open, fileId: this.#related.fileId };
    }
    return { command, open: this.#opens.get(fileId, this.#trees.get(header.tree)), fileId };
  }

  #write(header: Header, body: ByteReader, chunk: Chunk): Request {
    body.skip(2);
    const offset = body.u16();
    const length = body.u32();
    body.skip(8);
    const request = this.#fileRequest(header, body);
    request.open?.toServer(part(chunk, header, offset, length));
    return request;
  }

  #ioctl(header: Header, body: ByteReader, chunk: Chunk): Request | undefined {
    body.skip(4);
    if (body.u32() !== FSCTL_PIPE_TRANSCEIVE) return undefined;
    const request = this.#fileRequest(header, body);
    const offset = body.u32();
    const length = body.u32();
    request.open?.toServer(part(chunk, header, offset, length));
    return request;
  }

  #response(header: Header, chunk: Chunk): void {
    if (header.status === STATUS_PENDING) return;
    const request = this.#requests.get(header.id);
    if (request !== undefined && request.command !== header.command) return;
    this.#requests.delete(header.id);
    if (header.status !== 0 && header.status !== STATUS_BUFFER_OVERFLOW) return;
    const body = new ByteReader(chunk.bytes, header.start + HEADER_BYTES, header.end);
    switch (header.command) {
      case Command.treeConnect:
        body.skip(2);
        setBounded(this.#trees, header.tree, body.u8() === SHARE_TYPE_PIPE, this.#limits.maxPipes);
        return;
      case Command.create:
        body.skip(64);
        if (request?.open !== undefined) this.#opens.set(hex(body.raw(16)), request.open);
        return;
      case Command.close:
        this.#opens.close(request?.fileId);
        return;
      case Command.read:
        this.#readResponse(header, request, body, chunk);
        return;
      case Command.ioctl:
        this.#ioctlResponse(header, request, body, chunk);
        return;
      default:
    }
  }

  /** A read whose request was not captured is taken to be one of the pipe used last. */
  #readResponse(header: Header, request: Request | undefined, body: ByteReader, chunk: Chunk): void {
    const open = request === undefined ? this.#opens.lastUsed : request.open;
    if (open === undefined) return;
    body.skip(2);
    const offset = body.u8();
    body.skip(1);
    open.toClient(part(chunk, header, offset, body.u32()));
  }

  /** The response names its file too, but not every server fills it in: the request is better, if it was captured. */
  #ioctlResponse(header: Header, request: Request | undefined, body: ByteReader, chunk: Chunk): void {
    body.skip(4);
    if (body.u32() !== FSCTL_PIPE_TRANSCEIVE) return;
    const fileId = hex(body.raw(16));
    const open = request?.open ?? this.#opens.get(fileId, this.#trees.get(header.tree));
    body.skip(8);
    const offset = body.u32();
    open.toClient(part(chunk, header, offset, body.u32()));
  }
}

/** [MS-SMB2] 2.2.1.1 and 2.2.1.2. */
function readHeader(reader: ByteReader, start: number, length: number): { header: Header; next: number } {
  reader.need(HEADER_BYTES);
  reader.skip(8);
  const status = reader.u32();
  const command = reader.u16();
  reader.skip(2);
  const flags = reader.u32();
  const next = reader.u32();
  const id = reader.u64();
  reader.skip(4);
  // An asynchronous message has the upper half of its id where the tree is otherwise.
  const tree = flags & FLAG_ASYNC ? (reader.skip(4), 0) : reader.u32();
  const session = reader.u64();
  const end = next >= HEADER_BYTES ? Math.min(start + next, length) : length;
  return { header: { command, status, flags, id, tree: `${session} ${tree}`, start, end }, next };
}

/** The name in a CREATE request ([MS-SMB2] 2.2.13). */
function readName(body: ByteReader, header: Header): string {
  body.skip(44);
  const offset = body.u16();
  const length = body.u16();
  const start = header.start + offset;
  return new ByteReader(body.bytes, start, header.end).utf16(length >> 1);
}

/** A part of the message as a chunk; offsets count from the SMB header. */
function part(chunk: Chunk, header: Header, offset: number, length: number): Chunk {
  const reader = new ByteReader(chunk.bytes, header.start, header.end);
  reader.skip(offset);
  return { ...chunk, bytes: reader.raw(length) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** The response flag of the header ([MS-SMB2] 2.2.1). */
export function isSmb2Reply(bytes: Uint8Array): boolean {
  return ((bytes[16] ?? 0) & FLAG_RESPONSE) !== 0;
}
