import type { ByteReader, ByteWriter } from "../../base/index.ts";
import type { MarshalContext, MethodCodec } from "../../ndr/index.ts";

type Encode = (writer: ByteWriter, context: MarshalContext) => void;

/** Takes messages as they are: for proxies and stubs that read and write them themselves. */
class RawCodec implements MethodCodec {
  readonly inputs = 1;
  readonly #ndr64: boolean;
  readonly #other: MethodCodec | undefined;

  constructor(ndr64: boolean, other?: MethodCodec) {
    this.#ndr64 = ndr64;
    this.#other = other;
  }

  get ndr64(): MethodCodec {
    return this.#other ?? this;
  }

  encodeRequest(writer: ByteWriter, args: readonly unknown[]): void {
    writer.raw(args[0] as Uint8Array);
  }

  decodeRequest(reader: ByteReader, context: MarshalContext): unknown[] {
    return [this.#all(reader, context)];
  }

  encodeResponse(
    writer: ByteWriter,
    _args: readonly unknown[],
    result: unknown,
    status: number,
    context: MarshalContext,
  ): void {
    if (typeof result === "function") (result as Encode)(writer, context);
    else if (result instanceof Uint8Array) writer.raw(result);
    else writer.u32(status);
  }

  decodeResponse(
    reader: ByteReader,
    _args: readonly unknown[],
    context: MarshalContext,
    status: { code: number },
  ): unknown {
    status.code = 0;
    return this.#all(reader, context);
  }

  #all(reader: ByteReader, context: MarshalContext): unknown {
    const bytes = reader.raw(reader.remaining).slice();
    return { bytes, littleEndian: reader.littleEndian, ndr64: this.#ndr64, context };
  }
}

/** The codec of every method of a proxy or stub of one's own. */
export const rawCodec: MethodCodec = new RawCodec(false, new RawCodec(true));
