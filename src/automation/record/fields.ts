import { ByteReader, ComError, HResult } from "../../base/index.ts";
import { type Field, type NdrType, codecFor, plainContext } from "../../ndr/index.ts";
import { VariantFlag, changeType, dereference } from "../convert.ts";
import { vtOfType } from "../invoke/interface-members.ts";
import { toContract, typedResult } from "../invoke/results.ts";
import { SafeArray, type SafeArrayData } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { type RecordInfo, recordOfType } from "./info.ts";
import { RecordValue } from "./value.ts";

/*
 * The members of IRecordInfo that work on the memory of a record, for records as values.
 */

type Fields = Readonly<Record<string, unknown>>;

/** A structure that takes more than this has no business in a VARIANT. */
const maxZeros = 1024 * 1024;

/**
 * A record of zeros, nulls and EMPTY, with the given fields (RecordInit, RecordCreate). Throws TYPE_E_LIBNOTREGISTERED for a type that is not known
 * here, TYPE_E_FIELDNOTFOUND for a field it does not have.
 */
export function newRecord(info: RecordInfo, fields: Fields = {}): RecordValue {
  for (const name of Object.keys(fields)) fieldOf(info, name);
  return new RecordValue(info, { ...zeros(info), ...fields });
}

/** What zero bytes say is what a new record holds. */
function zeros(info: RecordInfo): Fields {
  const codec = codecFor<Fields>(info.known());
  for (let size = 1024; ; size *= 4) {
    try {
      return codec.decode(new ByteReader(new Uint8Array(size)), plainContext);
    } catch (error) {
      if (size >= maxZeros) throw error;
    }
  }
}

/** A record with the same contents (RecordCopy, RecordCreateCopy). Interface pointers in it are the same ones, not counted. */
export function copyRecord(value: RecordValue): RecordValue {
  const fields = value.fields === null ? null : (copyOf(value.fields) as Fields);
  return new RecordValue(value.info, fields, value.raw?.slice());
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => copyOf(one));
  if (ArrayBuffer.isView(value)) return (value as Uint8Array).slice();
  if (value instanceof RecordValue) return copyRecord(value);
  if (value instanceof SafeArray) return value.copy();
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copyOf(one)]));
}

/** A field as a VARIANT of its type (GetField); its name in any letter case. Throws TYPE_E_FIELDNOTFOUND, DISP_E_BADVARTYPE for a type without one. */
export function recordField(value: RecordValue, name: string): Variant {
  const field = fieldOf(value.info, name);
  const held = (value.fields ?? zeros(value.info))[field.name];
  const { type } = field;
  if (type.kind === "array") {
    const vt = vtOfType(type.of);
    return new Variant(VT.ARRAY | vt, new SafeArray(vt, (held ?? []) as SafeArrayData));
  }
  if (held instanceof SafeArray) return new Variant(VT.ARRAY | held.vt, held);
  return typedResult(vtOfType(type), held, undefined, recordOfType(type));
}

/** The record with another value in a field, converted to its type (PutField): records do not change. Throws as `changeType` does. */
export function withRecordField(record: RecordValue, name: string, value: Variant): RecordValue {
  const field = fieldOf(record.info, name);
  return newRecord(record.info, { ...record.fields, [field.name]: contentOf(field.type, value) });
}

function contentOf(type: NdrType, value: Variant): unknown {
  const source = dereference(value);
  if (type.kind === "array") return elementsOf(source, vtOfType(type.of));
  const vt = vtOfType(type);
  if (vt === VT.VARIANT) return source;
  if (vt & VT.ARRAY) return source.vt & VT.ARRAY ? source.value : mismatch("an array");
  if (vt !== VT.RECORD) return toContract(vt, changeType(source, vt, { flags: VariantFlag.ALPHABOOL }).value);
  const { value: given } = source;
  const info = recordOfType(type);
  return given instanceof RecordValue && info?.IsMatchingType(given.info) === true
    ? given.fields
    : mismatch(`a record ${info?.name ?? ""}`);
}

function elementsOf(source: Variant, vt: number): SafeArrayData {
  if (source.value instanceof SafeArray && source.value.vt === vt) return source.value.data;
  return mismatch("an array of the field's type");
}

function mismatch(what: string): never {
  throw new ComError(HResult.DISP_E_TYPEMISMATCH, `the field takes ${what}`);
}

const TYPE_E_FIELDNOTFOUND = 0x80028017;

function fieldOf(info: RecordInfo, name: string): Field {
  const fields = info.known().fields();
  const wanted = name.toLowerCase();
  const found =
    fields.find((one) => one.name === name) ?? fields.find((one) => one.name.toLowerCase() === wanted);
  if (found !== undefined) return found;
  throw new ComError(TYPE_E_FIELDNOTFOUND, `the record ${info.name} has no field "${name.slice(0, 80)}"`);
}
