import { ComError, type Guid, HResult, parseGuid } from "../../base/index.ts";
import type { Field, InterfaceDescriptor, NdrType, StructType } from "../../ndr/index.ts";
import { IRecordInfo } from "../gen/oaidl.ts";

/** What tells one type of record from every other: the library that declares it and the GUID of the structure. ([MS-OAUT] 2.2.31) */
export interface RecordIdentity {
  readonly guid: Guid;
  readonly libid: Guid;
  readonly version: readonly [major: number, minor: number];
  readonly lcid: number;
}

export interface RecordDefinition {
  /** GUID of the structure (`uuid` in the IDL). */
  readonly guid: string;
  /** LIBID of the type library that declares it. */
  readonly libid: string;
  readonly version?: readonly [major: number, minor: number];
  readonly lcid?: number;
  /** The structure, as generated from the IDL. */
  readonly type: NdrType;
}

/**
 * The type of a record (IRecordInfo): a structure of a type library whose values travel in VARIANTs. Made by {@link defineRecord}; one that came from
 * outside and is not known here has an identity and no fields.
 */
export class RecordInfo {
  readonly identity: RecordIdentity;
  readonly type: StructType | undefined;

  static get interfaces(): readonly InterfaceDescriptor[] {
    return [IRecordInfo];
  }

  constructor(identity: RecordIdentity, type: StructType | undefined) {
    this.identity = identity;
    this.type = type;
  }

  get name(): string {
    return this.type?.name ?? `{${this.identity.guid}}`;
  }

  get fieldNames(): readonly string[] {
    return this.#fields().map((field) => field.name);
  }

  /** IRecordInfo::GetGuid. */
  GetGuid(): Guid {
    return this.identity.guid;
  }

  /** IRecordInfo::GetName. */
  GetName(): string {
    return this.name;
  }

  /** IRecordInfo::IsMatchingType. */
  IsMatchingType(other: unknown): boolean {
    return other instanceof RecordInfo && other.identity.guid === this.identity.guid;
  }

  #fields(): readonly Field[] {
    return this.known().fields();
  }

  /** The structure. Throws TYPE_E_LIBNOTREGISTERED for a record this program does not know. */
  known(): StructType {
    if (this.type !== undefined) return this.type;
    const { guid, libid, version } = this.identity;
    throw new ComError(
      TYPE_E_LIBNOTREGISTERED,
      `the record {${guid}} of the library {${libid}} ${version.join(".")} is not known here: see defineRecord`,
    );
  }
}

const TYPE_E_LIBNOTREGISTERED = 0x8002801d;

/** Records by GUID. As with interfaces, whoever defines a type first: it never changes. */
const known = new Map<Guid, RecordInfo>();

/**
 * Makes a structure known as a record: VARIANTs with such records are then understood (GetRecordInfoFromGuids). Throws E_INVALIDARG for what is no
 * structure.
 *
 * ```ts
 * const Point = defineRecord({ guid: "…", libid: "…", type: struct("Point", () => [field("x", i32), field("y", i32)]) });
 * const variant = Variant.from(new RecordValue(Point, { x: 1, y: 2 }));
 * ```
 */
export function defineRecord(definition: RecordDefinition): RecordInfo {
  const { type } = definition;
  if (type.kind !== "struct")
    throw new ComError(HResult.E_INVALIDARG, `a record is a structure, not a ${type.kind}`);
  const identity: RecordIdentity = {
    guid: parseGuid(definition.guid),
    libid: parseGuid(definition.libid),
    version: definition.version ?? [1, 0],
    lcid: definition.lcid ?? 0,
  };
  const before = known.get(identity.guid);
  if (before !== undefined) {
    byType.set(type, before);
    return before;
  }
  const made = new RecordInfo(identity, type);
  known.set(identity.guid, made);
  byType.set(type, made);
  return made;
}

/** The record that a structure is known as. */
const byType = new WeakMap<NdrType, RecordInfo>();

/** The record of a structure; undefined when none was defined of it. */
export function recordOfType(type: NdrType): RecordInfo | undefined {
  return byType.get(type);
}

/** The record of an identity: known, or without fields. */
export function recordOf(identity: RecordIdentity): RecordInfo {
  return known.get(identity.guid) ?? new RecordInfo(identity, undefined);
}
