import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { NDR64, type SyntaxId, sameSyntax } from "../pdu/syntax.ts";
import type { Protection } from "../wire/protection.ts";
import type { Association } from "./association.ts";
import type { ResponseDecoder, RpcCallOptions } from "./pending-call.ts";
import { beginRequest } from "./request-writer.ts";
import type { SecurityHandle } from "./security.ts";

/** One interface on one connection: a presentation context, and the security context its calls use. */
export class Binding {
  readonly association: Association;
  readonly syntax: SyntaxId;
  /** The encoding agreed on. */
  readonly transferSyntax: SyntaxId;
  /** True when it is NDR64. */
  readonly ndr64: boolean;
  /** p_cont_id. */
  readonly contextId: number;
  readonly security: SecurityHandle | undefined;
  /** Set when the packets of calls are signed. */
  readonly protection: Protection | undefined;

  /** Bindings come from {@link Association.bind}. */
  constructor(
    association: Association,
    syntax: SyntaxId,
    transferSyntax: SyntaxId,
    contextId: number,
    security: SecurityHandle | undefined,
  ) {
    this.association = association;
    this.syntax = syntax;
    this.transferSyntax = transferSyntax;
    this.ndr64 = sameSyntax(transferSyntax, NDR64);
    this.contextId = contextId;
    this.security = security;
    this.protection = security?.protection;
  }

  /**
   * Begins a request: the writer stands at the start of the stub, in the connection's output. Write the stub and call
   * {@link send}, or {@link abandon}, in the same turn. `object`: the 16 bytes of the object UUID (in ORPC the IPID).
   */
  begin(opnum: number, object: Uint8Array | undefined): ByteWriter {
    return beginRequest(this.association.output, this.contextId, opnum, object);
  }

  /**
   * Sends the request begun last. Rejects with a ComError: the fault of the server (`remote` is true),
   * RPC_S_CALL_FAILED or RPC_S_CALL_FAILED_DNE when the connection is lost, RPC_E_TIMEOUT, RPC_E_CALL_CANCELED, or what `decoder` throws.
   */
  send(decoder: ResponseDecoder, options?: RpcCallOptions): Promise<unknown> {
    return this.association.sendRequest(this, decoder, options);
  }

  /** Takes back the request begun last. */
  abandon(): void {
    this.association.output.abandon();
  }

  /** A whole call by two functions. */
  call<R>(
    opnum: number,
    object: Uint8Array | undefined,
    encode: (writer: ByteWriter) => void,
    decode: (reader: ByteReader) => R,
    options?: RpcCallOptions,
  ): Promise<R> {
    const writer = this.begin(opnum, object);
    try {
      encode(writer);
    } catch (error) {
      this.abandon();
      return Promise.reject(error);
    }
    return this.send({ decode }, options) as Promise<R>;
  }
}
