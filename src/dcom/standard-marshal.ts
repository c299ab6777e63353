import { ComError, type Guid, HResult } from "../base/index.ts";
import { IMarshal, type IStream, STREAM_SEEK } from "../com/gen/objidl.ts";
import type { Awaitable } from "../ndr/index.ts";
import {
  CLSID_StdMarshal,
  type Implements,
  type IUnknown,
  type MarshalOptions,
  optionsOf,
} from "../com/index.ts";

import { objrefLength } from "./objref.ts";

/** What the standard marshaler needs below it. */
export interface StandardMarshaling {
  marshalStandard(
    iid: Guid,
    object: object,
    options: MarshalOptions | undefined,
  ): Uint8Array | Promise<Uint8Array>;
  unmarshalInterface(iid: Guid, objref: Uint8Array): IUnknown;
  releaseMarshalData(objref: Uint8Array): Promise<void>;
  disconnectObject(object: object): void;
}

/** A usual reference's length, with room for a machine of many addresses. */
const usualSize = 1024;
const chunk = 4096;
/** The most that is read of a stream in search of a reference, bytes. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Standard marshaling as an object (CoGetStandardMarshal): what an object with an IMarshal of its own passes on to where it has nothing special to say. It
 * writes a whole reference into the stream, as Windows' does.
 */
export class StandardMarshal implements Implements<IMarshal> {
  static readonly interfaces: readonly [typeof IMarshal] = [IMarshal];
  readonly #marshaling: StandardMarshaling;
  readonly #object: object | undefined;

  constructor(marshaling: StandardMarshaling, object: object | undefined) {
    this.#marshaling = marshaling;
    this.#object = object;
  }

  GetUnmarshalClass(): Guid {
    return CLSID_StdMarshal;
  }

  GetMarshalSizeMax(): number {
    return usualSize;
  }

  MarshalInterface(
    pStm: IStream | null,
    riid: Guid,
    pv: unknown,
    dwDestContext: number,
    _pvDestContext: unknown,
    mshlflags: number,
  ): Awaitable<void> {
    const object = this.#object ?? (pv as object);
    const options = optionsOf(dwDestContext, mshlflags);
    const objref = this.#marshaling.marshalStandard(riid, object, options);
    return objref instanceof Promise ? objref.then((bytes) => write(pStm, bytes)) : write(pStm, objref);
  }

  async UnmarshalInterface(pStm: IStream | null, riid: Guid): Promise<IUnknown> {
    return this.#marshaling.unmarshalInterface(riid, await oneReference(pStm));
  }

  async ReleaseMarshalData(pStm: IStream | null): Promise<void> {
    await this.#marshaling.releaseMarshalData(await oneReference(pStm));
  }

  DisconnectObject(): void {
    if (this.#object !== undefined) this.#marshaling.disconnectObject(this.#object);
  }
}

function write(stream: IStream | null, objref: Uint8Array): Awaitable<void> {
  const written = stream?.Write(objref, objref.length);
  return written instanceof Promise ? written.then(() => undefined) : undefined;
}

/** The reference at the stream's place; the stream is left behind it. */
async function oneReference(stream: IStream | null): Promise<Uint8Array> {
  if (stream === null) throw new ComError(HResult.E_POINTER, "there is no stream to read a reference from");
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { pv, pcbRead } = await stream.Read(chunk);
    if (pcbRead === 0) break;
    parts.push(pv.slice(0, pcbRead));
    size += pcbRead;
    if (size > mostBytes) throw new ComError(HResult.RPC_E_INVALID_OBJREF, `${size} bytes and no end`);
  }
  const bytes = Buffer.concat(parts);
  const length = objrefLength(bytes);
  if (length < size) await stream.Seek(BigInt(length - size), STREAM_SEEK.STREAM_SEEK_CUR);
  return bytes.subarray(0, length);
}
