import { ByteReader, ByteWriter, ComError, defaultLimits, HResult } from "../base/index.ts";
import type { Codec, MarshalContext, MethodCodec } from "./codec.ts";
import { Compiler, titleOf } from "./compile/compiler.ts";
import type { CompiledFunction } from "./compile/emitter.ts";
import { compileMethod, inputsOf, type MethodPart } from "./compile/method.ts";
import { ndr20, ndr64, type Syntax } from "./compile/syntax.ts";
import { zeroResult } from "./compile/zero.ts";
import type { MethodDescriptor } from "./interface.ts";
import { explain } from "./run/interfaces.ts";
import { DecodeState, EncodeState } from "./run/state.ts";
import type { NdrType } from "./types.ts";

/** A context for data without interface pointers: default limits, and pointers refused. */
export const plainContext: MarshalContext = {
  limits: defaultLimits,
  marshalInterface: () => noInterfaces(),
  unmarshalInterface: () => noInterfaces(),
};

function noInterfaces(): never {
  throw new ComError(HResult.E_NOTIMPL, "an interface pointer needs a MarshalContext that can marshal it");
}

class Compiled {
  readonly compiler: Compiler;
  readonly types = new WeakMap<NdrType, Codec>();
  readonly methods = new WeakMap<MethodDescriptor, MethodCodec>();

  constructor(syntax: Syntax) {
    this.compiler = new Compiler(syntax);
  }
}

const compiled = new Map<Syntax, Compiled>([ndr20, ndr64].map((syntax) => [syntax, new Compiled(syntax)]));

function compiledFor(syntax: Syntax): Compiled {
  const of = compiled.get(syntax);
  if (of === undefined)
    throw new ComError(HResult.E_INVALIDARG, `${syntax.name} is not a known transfer syntax`);
  return of;
}

/**
 * The codec of a type, compiled at the first use of each direction and kept as long as the descriptor lives.
 * A ref pointer at the top is no pointer on the wire ([C706] 14.3.12.1); bytes behind the value are left unread.
 */
export function codecFor<T = unknown>(type: NdrType, syntax: Syntax = ndr20): Codec<T> {
  const { compiler, types } = compiledFor(syntax);
  let codec = types.get(type);
  if (codec === undefined) types.set(type, (codec = new TypeCodec(type, compiler)));
  return codec as Codec<T>;
}

/** The codec of a method's requests and responses. */
export function methodCodec(method: MethodDescriptor, syntax: Syntax = ndr20): MethodCodec {
  const { compiler, methods } = compiledFor(syntax);
  let codec = methods.get(method);
  if (codec === undefined) methods.set(method, (codec = new CompiledMethod(method, compiler)));
  return codec;
}

class TypeCodec implements Codec {
  readonly #type: NdrType;
  readonly #compiler: Compiler;
  #write: CompiledFunction | undefined;
  #read: CompiledFunction | undefined;
  #readBig: CompiledFunction | undefined;

  constructor(type: NdrType, compiler: Compiler) {
    this.#type = type;
    this.#compiler = compiler;
  }

  encode(writer: ByteWriter, value: unknown, context: MarshalContext): void {
    try {
      (this.#write ??= this.#compiler.writer(this.#type))(writer, value, new EncodeState(context));
    } catch (error) {
      throw explain(error, titleOf(this.#type));
    }
  }

  decode(reader: ByteReader, context: MarshalContext): unknown {
    try {
      const read = reader.littleEndian
        ? (this.#read ??= this.#compiler.reader(this.#type, "decode"))
        : (this.#readBig ??= this.#compiler.reader(this.#type, "decodeBig"));
      return read(reader, new DecodeState(context));
    } catch (error) {
      throw explain(error, titleOf(this.#type));
    }
  }
}

class CompiledMethod implements MethodCodec {
  readonly inputs: number;
  readonly #method: MethodDescriptor;
  readonly #compiler: Compiler;
  #ndr64: MethodCodec | undefined;
  #encodeRequest: CompiledFunction | undefined;
  #decodeRequest: CompiledFunction | undefined;
  #encodeResponse: CompiledFunction | undefined;
  #decodeResponse: CompiledFunction | undefined;
  #decodeRequestBig: CompiledFunction | undefined;
  #decodeResponseBig: CompiledFunction | undefined;

  constructor(method: MethodDescriptor, compiler: Compiler) {
    this.#method = method;
    this.#compiler = compiler;
    this.inputs = inputsOf(method).length;
  }

  get ndr64(): MethodCodec {
    return (this.#ndr64 ??= methodCodec(this.#method, ndr64));
  }

  encodeRequest(writer: ByteWriter, args: readonly unknown[], context: MarshalContext): void {
    try {
      (this.#encodeRequest ??= this.#compile("encodeRequest"))(writer, args, new EncodeState(context));
    } catch (error) {
      throw explain(error, this.#method.name);
    }
  }

  decodeRequest(reader: ByteReader, context: MarshalContext): unknown[] {
    try {
      const read = reader.littleEndian
        ? (this.#decodeRequest ??= this.#compile("decodeRequest"))
        : (this.#decodeRequestBig ??= this.#compile("decodeRequest", true));
      return read(reader, new DecodeState(context)) as unknown[];
    } catch (error) {
      throw explain(error, this.#method.name);
    }
  }

  encodeResponse(
    writer: ByteWriter,
    args: readonly unknown[],
    result: unknown,
    status: number,
    context: MarshalContext,
  ): void {
    try {
      const value = result === undefined ? zeroResult(this.#method, args, context.limits) : result;
      const write = (this.#encodeResponse ??= this.#compile("encodeResponse"));
      write(writer, args, value, status, new EncodeState(context));
    } catch (error) {
      throw explain(error, this.#method.name);
    }
  }

  decodeResponse(
    reader: ByteReader,
    args: readonly unknown[],
    context: MarshalContext,
    status: { code: number },
  ): unknown {
    try {
      const read = reader.littleEndian
        ? (this.#decodeResponse ??= this.#compile("decodeResponse"))
        : (this.#decodeResponseBig ??= this.#compile("decodeResponse", true));
      return read(reader, args, new DecodeState(context), status);
    } catch (error) {
      throw explain(error, this.#method.name);
    }
  }

  #compile(part: MethodPart, big = false): CompiledFunction {
    if (this.#method.local === true) {
      throw new ComError(HResult.E_NOTIMPL, "the method is [local]: it has no form on the wire");
    }
    return compileMethod(this.#compiler, this.#method, part, big);
  }
}

/** One value as bytes of its own. */
export function encodeToBytes(
  type: NdrType,
  value: unknown,
  context: MarshalContext = plainContext,
  syntax: Syntax = ndr20,
): Uint8Array {
  const writer = new ByteWriter();
  codecFor(type, syntax).encode(writer, value, context);
  return writer.finish();
}

/** One value from the beginning of bytes. The type parameter is what the caller knows of the descriptor. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function decodeFromBytes<T = unknown>(
  type: NdrType,
  bytes: Uint8Array,
  context: MarshalContext = plainContext,
  options: { readonly littleEndian?: boolean; readonly syntax?: Syntax } = {},
): T {
  const reader = new ByteReader(bytes, 0, bytes.length, options.littleEndian ?? true);
  return codecFor<T>(type, options.syntax ?? ndr20).decode(reader, context);
}
