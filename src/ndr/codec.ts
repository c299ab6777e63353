import { type ByteReader, type ByteWriter, type Limits } from "../base/index.ts";
import type { Guid } from "../base/index.ts";

/**
 * What a codec needs from the world while it runs: interface pointers become OBJREFs and back. One context serves one message;
 * the connection reuses it.
 */
export interface MarshalContext {
  readonly limits: Limits;
  /** The OBJREF bytes of an interface pointer. Takes a reference for the receiver. */
  marshalInterface(iid: Guid, pointer: object): Uint8Array;
  /** The interface pointer of an OBJREF. The caller of the method owns the reference. `objref` is only valid during the call. */
  unmarshalInterface(iid: Guid, objref: Uint8Array): object;
}

/** Encodes and decodes one type: top level, with its deferred pointees. */
export interface Codec<T = unknown> {
  encode(writer: ByteWriter, value: T, context: MarshalContext): void;
  decode(reader: ByteReader, context: MarshalContext): T;
}

/**
 * Encodes and decodes the calls of one method. `args` holds the [in] and [in, out] parameters in order; a result is what the method's
 * TypeScript type returns. The status of an HRESULT method stands apart.
 */
export interface MethodCodec {
  /** Number of [in] and [in, out] parameters. */
  readonly inputs: number;
  /** The codec of the same method in NDR64; itself when it is that. */
  readonly ndr64: MethodCodec;
  encodeRequest(writer: ByteWriter, args: readonly unknown[], context: MarshalContext): void;
  decodeRequest(reader: ByteReader, context: MarshalContext): unknown[];
  /** `status` is written for methods that return HRESULT. With `undefined` as result every [out] is its zero (a failed call). */
  encodeResponse(
    writer: ByteWriter,
    args: readonly unknown[],
    result: unknown,
    status: number,
    context: MarshalContext,
  ): void;
  /** Answers the result and leaves the HRESULT (0 for other methods) in `status.code`. */
  decodeResponse(
    reader: ByteReader,
    args: readonly unknown[],
    context: MarshalContext,
    status: { code: number },
  ): unknown;
}
