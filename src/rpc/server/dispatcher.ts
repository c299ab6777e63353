import type { AuthenticationLevel, Identity } from "../../auth/index.ts";
import type { ByteReader, ByteWriter } from "../../base/index.ts";
import type { SyntaxId } from "../pdu/syntax.ts";
import type { AssociationGroup } from "./association-groups.ts";

/** A client's connection, as dispatchers see it. */
export interface RpcConnection {
  readonly protseq: string;
  /** The client's address as people write it. */
  readonly remote: string;
  readonly local: string;
  /** True when the client is known to be the same user on this machine. */
  readonly isPrivate: boolean;
  /** Connections of one client process; context handles live in it. */
  readonly group: AssociationGroup;
  /** For whoever wants to remember something about this connection. */
  readonly data: Map<unknown, unknown>;
  /** Calls `listener` once when the connection is gone. */
  onClose(listener: () => void): void;
}

/**
 * One call at the server. A dispatcher answers it once, by `beginResponse` and `endResponse`, or by `fault`, or by throwing. After an
 * answer given before `dispatch` returned, the object is used for the next call: keep nothing of it.
 */
export interface ServerCall {
  readonly opnum: number;
  /** The interface it was made on. */
  readonly syntax: SyntaxId;
  readonly transferSyntax: SyntaxId;
  /** True when its stub is encoded in NDR64, and so must the response's be. */
  readonly ndr64: boolean;
  /** The 16 bytes of the object UUID (in ORPC the IPID); as short-lived as `reader`. */
  readonly object: Uint8Array | undefined;
  /** Where the object UUID stands, for those who look at it in place: as short-lived as `reader`; an offset of -1 for none. */
  readonly objectBytes: Uint8Array | undefined;
  readonly objectAt: number;
  /** At the start of the stub. Valid until `dispatch` returns, unless {@link retain} was called. */
  readonly reader: ByteReader;
  /** Who calls; `undefined` for unauthenticated calls. */
  readonly identity: Identity | undefined;
  /** How this call was protected. On private connections (ncalrpc, memory): privacy. */
  readonly level: AuthenticationLevel;
  readonly connection: RpcConnection;
  /** Aborts when the client cancels or gives up the call, or is gone. Made when first asked for. */
  readonly signal: AbortSignal;
  /** Copies what is only valid during `dispatch`. Call it before the first `await` if stub or object are needed after. */
  retain(): void;
  /** The writer for the response's stub. Finish with `endResponse` or `abandonResponse` in the same turn. */
  beginResponse(): ByteWriter;
  endResponse(): void;
  abandonResponse(): void;
  /** Fails the call with a fault status: nca_s_..., a Win32 error or an HRESULT. */
  fault(status: number): void;
}

/** Serves an interface. */
export interface Dispatcher {
  /** Number of operations; calls beyond are refused with nca_s_op_rng_error. Leave it out to see every call. */
  readonly operations?: number;
  /** Least authentication level of its calls; default: the server's. Level none serves anybody. */
  readonly minimumLevel?: AuthenticationLevel;
  /** Encodings it reads and writes, the preferred one first: what counts when a client offers several. Default: NDR 2.0 alone. */
  readonly transferSyntaxes?: readonly SyntaxId[];
  /**
   * Deals with one call. What it throws (or rejects with) becomes a fault. A dispatcher that answers before it returns should return
   * nothing; then no promise is made.
   */
  dispatch(call: ServerCall): void | Promise<void>;
}
