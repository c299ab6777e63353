import {
  type ByteReader,
  type ByteWriter,
  ComError,
  GUID_NULL,
  type Guid,
  HResult,
  type Limits,
  failed,
} from "../../base/index.ts";
import { type CallOptions, type MarshalContext, type MethodCodec, knownInterface } from "../../ndr/index.ts";
import type { Binding, ResponseDecoder } from "../../rpc/index.ts";
import type { ComVersion } from "../com-version.ts";
import {
  type MarshalOptions,
  type Causality,
  causalityGuid,
  currentCausality,
  enterCausality,
  leaveCausality,
  newCausality,
} from "../../com/index.ts";
import type { Marshaling, Origin } from "../marshaling.ts";
import { readErrorExtent } from "../orpc/error-info.ts";
import { type OrpcExtent, noExtents } from "../orpc/extent.ts";
import { type ChannelHook, type HookCall, clientExtents, dataFor } from "../orpc/hooks.ts";
import { readOrpcThat } from "../orpc/orpc-that.ts";
import { writeOrpcThis } from "../orpc/orpc-this.ts";
import { placeOf } from "./known-method.ts";

/** What all calls to one exporter have in common. */
export interface CallHome {
  readonly limits: Limits;
  readonly marshaling: Marshaling;
  readonly origin: Origin;
  /** The version agreed on with the exporter. */
  readonly version: ComVersion;
  /** How references go to the exporter. */
  readonly marshalOptions: MarshalOptions | undefined;
}

/** Makes a call anew whose connection was lost before anything was sent. */
export interface CallRepeater {
  repeat(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown>;
}

/** Decoders leave the HRESULT here; read before anything else runs. */
const scratch = { code: 0 };

/** One outgoing ORPC call: writes the request, reads the response, and knows the references in both. */
export class ClientCall implements ResponseDecoder, MarshalContext, HookCall {
  readonly iid: Guid;
  readonly opnum: number;
  readonly #home: CallHome;
  #codec: MethodCodec;
  /** The codec before the connection's encoding is known. */
  readonly #plain: MethodCodec;
  /** True when the binding speaks NDR64. */
  #ndr64 = false;
  readonly #args: readonly unknown[];
  readonly #options: CallOptions | undefined;
  readonly #repeat: CallRepeater | undefined;
  /** Set when marshaling found that a reference must be asked for first; the request is then written again. */
  pending: Promise<unknown> | undefined = undefined;
  /** Why the request could not be written. */
  refused: unknown = undefined;
  #cause: Causality | undefined = undefined;
  #given: Uint8Array[] | undefined = undefined;
  #made: Disposable[] | undefined = undefined;

  constructor(
    home: CallHome,
    iid: Guid,
    opnum: number,
    codec: MethodCodec,
    args: readonly unknown[],
    options: CallOptions | undefined,
    repeat?: CallRepeater,
  ) {
    this.#repeat = repeat;
    this.#home = home;
    this.iid = iid;
    this.opnum = opnum;
    this.#codec = this.#plain = codec;
    this.#args = args;
    this.#options = options;
  }

  get limits(): Limits {
    return this.#home.limits;
  }

  /** For hooks; known only when there are some. */
  get causality(): Guid {
    return this.#cause === undefined ? GUID_NULL : causalityGuid(this.#cause);
  }

  /** Writes the request and sends it. Rejects with what could not be encoded; look at `pending` then. */
  send(binding: Binding, ipid: Uint8Array): Promise<unknown> {
    if (this.write(binding, ipid)) return binding.send(this, this.#options);
    return Promise.reject(ComError.from(this.refused));
  }

  /** Writes the request; false, with the reason in `refused`, when it cannot be encoded. */
  write(binding: Binding, ipid: Uint8Array): boolean {
    const home = this.#home;
    const { hooks } = home.marshaling;
    if (binding.ndr64) {
      this.#ndr64 = true;
      this.#codec = this.#codec.ndr64;
    }
    const writer = binding.begin(this.opnum, ipid);
    try {
      if (hooks.length === 0) writeOrpcThis(writer, home.version, noExtents, 0, binding.ndr64);
      else this.#writeHooked(writer, hooks);
      this.#codec.encodeRequest(writer, this.#args, this);
    } catch (error) {
      this.refused = error;
      binding.abandon();
      home.marshaling.takeBack(this.#given);
      this.#given = undefined;
      return false;
    }
    return true;
  }

  #writeHooked(writer: ByteWriter, hooks: readonly ChannelHook[]): void {
    const cause = currentCausality() ?? newCausality();
    this.#cause = cause;
    const before = enterCausality(cause);
    try {
      writeOrpcThis(writer, this.#home.version, clientExtents(hooks, this), 0, this.#ndr64);
    } finally {
      leaveCausality(before);
    }
  }

  marshalInterface(iid: Guid, pointer: object): Uint8Array {
    const objref = this.#home.marshaling.marshal(iid, pointer, this.#home.marshalOptions, this);
    (this.#given ??= []).push(objref);
    return objref;
  }

  unmarshalInterface(iid: Guid, objref: Uint8Array): object {
    const pointer = this.#home.marshaling.unmarshal(iid, objref, this.#home.origin);
    (this.#made ??= []).push(pointer);
    return pointer;
  }

  decode(reader: ByteReader): unknown {
    const extents = readOrpcThat(reader, this.#ndr64);
    const { end } = reader;
    let result: unknown;
    try {
      result = this.#codec.decodeResponse(reader, this.#args, this, scratch);
    } catch (error) {
      throw this.#undecodable(reader, end, extents, error);
    }
    const { code } = scratch;
    const { hooks } = this.#home.marshaling;
    if (hooks.length > 0) this.#notify(hooks, extents, code);
    if (failed(code)) throw this.#failure(code, extents, result);
    if (this.#options?.status !== undefined) this.#options.status.code = code;
    return result;
  }

  #notify(hooks: readonly ChannelHook[], extents: readonly OrpcExtent[], code: number): void {
    try {
      for (const hook of hooks) hook.clientNotify?.(this, dataFor(hook, extents), code);
    } catch (error) {
      this.#disposeMade();
      throw error;
    }
  }

  /** The answer nobody waits for any more: its references go back. */
  late(reader: ByteReader): void {
    try {
      readOrpcThat(reader, this.#ndr64);
      this.#codec.decodeResponse(reader, this.#args, this, scratch);
    } catch {
      // Nobody is left to tell.
    }
    this.#disposeMade();
  }

  /** Nothing left of it yet: the call is made anew, over another connection. */
  again(): Promise<unknown> | undefined {
    const repeat = this.#repeat;
    if (repeat === undefined) return undefined;
    this.#home.marshaling.takeBack(this.#given);
    this.#given = undefined;
    return repeat.repeat(this.#plain, this.opnum, this.#args, this.#options);
  }

  /** A fault, or a lost connection: says in which method, and that the server died under the call. */
  failed(error: ComError): ComError {
    const died = error.code === HResult.RPC_S_CALL_FAILED && !error.remote;
    const code = died ? HResult.RPC_E_SERVER_DIED : error.code;
    const what = died ? "the server went away while it was serving the call" : error.info.description;
    return new ComError(code, what, {
      cause: error,
      gate: error.gate,
      remote: error.remote,
      where: this.#where(),
    });
  }

  #failure(code: number, extents: readonly OrpcExtent[], outputs: unknown): ComError {
    this.#disposeMade();
    const info =
      extents.length === 0 ? undefined : extents.map(readErrorExtent).find((one) => one !== undefined);
    return new ComError(code, undefined, { ...info, remote: true, where: this.#where(), outputs });
  }

  /** Some servers answer a failure with the HRESULT alone, without the [out] values that should stand before it. */
  #undecodable(reader: ByteReader, end: number, extents: readonly OrpcExtent[], error: unknown): ComError {
    const last = end - 4 >= reader.origin ? reader.view.getUint32(end - 4, reader.littleEndian) : 0;
    if (failed(last) && end - reader.origin <= (this.#ndr64 ? 20 : 12))
      return this.#failure(last, extents, undefined);
    this.#disposeMade();
    const wrong = ComError.from(error, HResult.RPC_X_BAD_STUB_DATA);
    return new ComError(wrong.code, `the response makes no sense: ${wrong.info.description ?? ""}`, {
      cause: error,
      where: this.#where(),
    });
  }

  #disposeMade(): void {
    if (this.#made !== undefined) for (const pointer of this.#made) pointer[Symbol.dispose]();
  }

  #where(): string {
    return placeOf(knownInterface(this.iid), this.iid, this.opnum);
  }
}
