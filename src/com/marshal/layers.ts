import { ByteReader, ByteWriter, ComError, HResult } from "../../base/index.ts";
import type { MarshalContext, MethodCodec } from "../../ndr/index.ts";
import { IPSFactoryBuffer } from "../gen/objidl.ts";

/** Changes the bytes of messages on their way between proxy and channel: compresses, encrypts, seals. Both sides have the same ones. */
export interface MessageLayer {
  readonly name: string;
  /** What goes out in the bytes' place. */
  encode(bytes: Uint8Array): Uint8Array;
  /** The bytes again. It must bound what it makes of hostile ones; what it throws fails the call. */
  decode(bytes: Uint8Array): Uint8Array;
}

/**
 * A proxy/stub factory whose proxies and stubs are the standard ones, with layers between them and the channel: the channel as a replaceable part.
 * Register it under a CLSID as class object, and name that for the interfaces it is for (`registerPSClsid`, or ProxyStubClsid32 of the registry), on
 * both sides.
 */
export class LayeredProxyStub {
  static readonly interfaces: readonly [typeof IPSFactoryBuffer] = [IPSFactoryBuffer];
  readonly layers: readonly MessageLayer[];
  /** The codecs made so far. */
  readonly codecs: WeakMap<MethodCodec, MethodCodec> = new WeakMap();

  /** Layers from the proxy down to the channel. */
  constructor(...layers: readonly MessageLayer[]) {
    this.layers = layers;
  }

  CreateProxy(): never {
    throw direct();
  }

  CreateStub(): never {
    throw direct();
  }
}

function direct(): ComError {
  return new ComError(HResult.E_NOTIMPL, "the layers go between the standard proxies and their channels");
}

/** A method's codec with the layers around its messages. */
export function layeredCodec(codec: MethodCodec, factory: LayeredProxyStub): MethodCodec {
  let made = factory.codecs.get(codec);
  if (made === undefined) factory.codecs.set(codec, (made = new LayeredCodec(codec, factory)));
  return made;
}

class LayeredCodec implements MethodCodec {
  readonly inputs: number;
  readonly #codec: MethodCodec;
  readonly #factory: LayeredProxyStub;

  constructor(codec: MethodCodec, factory: LayeredProxyStub) {
    this.inputs = codec.inputs;
    this.#codec = codec;
    this.#factory = factory;
  }

  get ndr64(): MethodCodec {
    return layeredCodec(this.#codec.ndr64, this.#factory);
  }

  encodeRequest(writer: ByteWriter, args: readonly unknown[], context: MarshalContext): void {
    const inner = new ByteWriter();
    this.#codec.encodeRequest(inner, args, context);
    writer.raw(this.#out(inner));
  }

  decodeRequest(reader: ByteReader, context: MarshalContext): unknown[] {
    return this.#codec.decodeRequest(this.#in(reader), context);
  }

  encodeResponse(
    writer: ByteWriter,
    args: readonly unknown[],
    result: unknown,
    status: number,
    context: MarshalContext,
  ): void {
    const inner = new ByteWriter();
    this.#codec.encodeResponse(inner, args, result, status, context);
    writer.raw(this.#out(inner));
  }

  decodeResponse(
    reader: ByteReader,
    args: readonly unknown[],
    context: MarshalContext,
    status: { code: number },
  ): unknown {
    return this.#codec.decodeResponse(this.#in(reader), args, context, status);
  }

  #out(writer: ByteWriter): Uint8Array {
    return this.#factory.layers.reduce<Uint8Array>((bytes, layer) => layer.encode(bytes), writer.finish());
  }

  #in(reader: ByteReader): ByteReader {
    const received = reader.raw(reader.remaining).slice();
    const bytes = this.#factory.layers.reduceRight<Uint8Array>(
      (data, layer) => decodeOne(layer, data),
      received,
    );
    return new ByteReader(bytes, 0, bytes.length, reader.littleEndian);
  }
}

function decodeOne(layer: MessageLayer, bytes: Uint8Array): Uint8Array {
  try {
    return layer.decode(bytes);
  } catch (error) {
    if (error instanceof ComError) throw error;
    throw new ComError(HResult.RPC_X_BAD_STUB_DATA, `the layer ${layer.name} cannot read the message`, {
      cause: error,
    });
  }
}
