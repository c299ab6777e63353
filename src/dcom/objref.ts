import { ByteReader, ByteWriter, ComError, type Guid, GUID_NULL, HResult, hex32 } from "../base/index.ts";
import { type DualStringArray, readDualStringArray, writeDualStringArray } from "./dual-string-array.ts";
import { type StdObjref, readStdObjref, writeStdObjref } from "./std-objref.ts";

/** "MEOW", little-endian: the first four bytes of every marshaled reference ([MS-DCOM] 2.2.18). */
const signature = 0x574f454d;
/** "VYSN": stands twice in the extended form. */
const extendedSignature = 0x4e535956;

const Form = { standard: 1, handler: 2, custom: 4, extended: 8 } as const;

/** The largest blob of a custom reference that is read, bytes. Activation properties stand in one; real ones take about a kilobyte. */
const maxObjectData = 16 * 1024 * 1024;

/** A marshaled interface pointer in one of its four forms ([MS-DCOM] 2.2.18). */
export type Objref = StandardObjref | HandlerObjref | CustomObjref | ExtendedObjref;

interface ObjrefHead {
  /** The interface it was marshaled for. */
  readonly iid: Guid;
}

interface Referring extends ObjrefHead {
  readonly std: StdObjref;
  /** Where the resolver of the object's machine answers (saResAddr). */
  readonly resolver: DualStringArray;
}

/** OBJREF_STANDARD: a reference and where its machine's resolver is ([MS-DCOM] 2.2.18.4). */
export interface StandardObjref extends Referring {
  readonly form: "standard";
}

/** OBJREF_HANDLER: as standard, and the class the client puts in front of the object ([MS-DCOM] 2.2.18.5). */
export interface HandlerObjref extends Referring {
  readonly form: "handler";
  readonly clsid: Guid;
}

/** OBJREF_CUSTOM: a blob only the class `clsid` understands (IMarshal; [MS-DCOM] 2.2.18.6). */
export interface CustomObjref extends ObjrefHead {
  readonly form: "custom";
  readonly clsid: Guid;
  readonly data: Uint8Array;
  /** cbExtension: zero when sent, ignored when received. */
  readonly extension?: number;
  /** The reserved field: the length of the data from Windows (activation properties: plus 8), which nobody checks. */
  readonly reserved?: number;
}

/** OBJREF_EXTENDED: as standard, with the envoy context of the object ([MS-DCOM] 2.2.18.7). */
export interface ExtendedObjref extends Referring {
  readonly form: "extended";
  readonly elements: readonly DataElement[];
}

/** A marshaled envoy context ([MS-DCOM] 2.2.18.8). */
interface DataElement {
  readonly id: Guid;
  readonly data: Uint8Array;
}

/** Reads one OBJREF from bytes; anything after it is left alone. The blobs of the result are copies. Throws RPC_E_INVALID_OBJREF. */
export function decodeObjref(bytes: Uint8Array): Objref {
  try {
    return readObjref(new ByteReader(bytes));
  } catch (error) {
    if (error instanceof ComError && error.code === HResult.RPC_E_INVALID_OBJREF) throw error;
    throw new ComError(HResult.RPC_E_INVALID_OBJREF, "an object reference is cut off", { cause: error });
  }
}

/** The length of the OBJREF that bytes begin with; a custom one goes on to the end. Throws RPC_E_INVALID_OBJREF. */
export function objrefLength(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes);
  try {
    readObjref(reader);
    return reader.pos;
  } catch (error) {
    throw new ComError(HResult.RPC_E_INVALID_OBJREF, "an object reference is cut off", { cause: error });
  }
}

/** Reads one OBJREF. Its numbers are little-endian whatever the message around it is ([MS-DCOM] 2.2.18). */
function readObjref(reader: ByteReader): Objref {
  const order = reader.littleEndian;
  reader.littleEndian = true;
  try {
    return readForm(reader);
  } finally {
    reader.littleEndian = order;
  }
}

function readForm(reader: ByteReader): Objref {
  const mark = reader.u32();
  if (mark !== signature) throw bad(`an object reference starts with MEOW, not ${hex32(mark)}`);
  const form = reader.u32();
  const iid = reader.guid();
  switch (form) {
    case Form.standard:
      return { form: "standard", iid, std: readStdObjref(reader), resolver: readDualStringArray(reader) };
    case Form.handler: {
      const std = readStdObjref(reader);
      const clsid = reader.guid();
      return { form: "handler", iid, std, clsid, resolver: readDualStringArray(reader) };
    }
    case Form.custom:
      return readCustom(reader, iid);
    case Form.extended:
      return readExtended(reader, iid);
    default:
      throw bad(`an object reference of the unknown form ${form}`);
  }
}

function readCustom(reader: ByteReader, iid: Guid): CustomObjref {
  const clsid = reader.guid();
  const extension = reader.u32();
  const reserved = reader.u32();
  // The specification calls the last field reserved; the data simply runs to the end of the MInterfacePointer.
  if (reader.remaining > maxObjectData)
    throw bad(`${reader.remaining} bytes of custom data, ${maxObjectData} are allowed`);
  const data = reader.raw(reader.remaining).slice();
  return { form: "custom", iid, clsid, data, extension, reserved };
}

function readExtended(reader: ByteReader, iid: Guid): ExtendedObjref {
  const std = readStdObjref(reader);
  expectExtendedSignature(reader);
  const resolver = readDualStringArray(reader);
  const count = reader.u32();
  expectExtendedSignature(reader);
  if (count > 1) throw bad(`${count} data elements in an extended reference, 1 is allowed`);
  const elements: DataElement[] = [];
  for (let i = 0; i < count; i++) {
    const id = reader.guid();
    const size = reader.u32();
    const rounded = reader.u32();
    if (id === GUID_NULL || size === 0) throw bad("a data element without an identifier or without data");
    if (rounded < size || rounded - size > 7)
      throw bad(`a data element of ${size} bytes rounded to ${rounded}`);
    elements.push({ id, data: reader.raw(rounded).slice(0, size) });
  }
  return { form: "extended", iid, std, resolver, elements };
}

function expectExtendedSignature(reader: ByteReader): void {
  const mark = reader.u32();
  if (mark !== extendedSignature) throw bad(`an extended reference holds VYSN, not ${hex32(mark)}`);
}

/** The bytes of an OBJREF. */
export function encodeObjref(objref: Objref): Uint8Array {
  const small = objref.form === "standard" || objref.form === "handler";
  const writer = small ? scratch : new ByteWriter();
  writer.reset();
  writeObjref(writer, objref);
  return writer.finish();
}

/** For the forms without data of their own, which are written all the time; what is written is copied out at once. */
const scratch = new ByteWriter(512);

function writeObjref(writer: ByteWriter, objref: Objref): void {
  if (objref.iid === GUID_NULL) throw new ComError(HResult.E_INVALIDARG, "a reference needs an IID");
  writer.u32(signature);
  writer.u32(Form[objref.form]);
  writer.guid(objref.iid);
  switch (objref.form) {
    case "standard":
      writeStdObjref(writer, objref.std);
      writeDualStringArray(writer, objref.resolver);
      return;
    case "handler":
      writeStdObjref(writer, objref.std);
      writer.guid(objref.clsid);
      writeDualStringArray(writer, objref.resolver);
      return;
    case "custom":
      writer.guid(objref.clsid);
      writer.u32(objref.extension ?? 0);
      writer.u32(objref.reserved ?? objref.data.length);
      writer.raw(objref.data);
      return;
    case "extended":
      writeExtended(writer, objref);
      return;
  }
}

function writeExtended(writer: ByteWriter, objref: ExtendedObjref): void {
  writeStdObjref(writer, objref.std);
  writer.u32(extendedSignature);
  writeDualStringArray(writer, objref.resolver);
  writer.u32(objref.elements.length);
  writer.u32(extendedSignature);
  for (const { id, data } of objref.elements) {
    const rounded = (data.length + 7) & ~7;
    writer.guid(id);
    writer.u32(data.length);
    writer.u32(rounded);
    writer.raw(data);
    writer.zeros(rounded - data.length);
  }
}

function bad(message: string): ComError {
  return new ComError(HResult.RPC_E_INVALID_OBJREF, message);
}
