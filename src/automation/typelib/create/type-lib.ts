import { writeFileSync } from "node:fs";
import { ComError, GUID_NULL, type Guid, HResult } from "../../../base/index.ts";
import { pointerTo } from "../../../com/index.ts";
import { type ICreateTypeInfo, ICreateTypeLib2, ITypeLib2, SYSKIND, TYPEKIND } from "../../gen/oaidl.ts";
import type { Variant } from "../../variant.ts";
import { LibraryBuilder } from "../builder.ts";
import { TypeLibStatus, notFound } from "../errors.ts";
import { TypeLibraries } from "../libraries.ts";
import { typeLibLimits } from "../limits.ts";
import { writeMsft } from "../msft/write.ts";
import type { TypeLibObject } from "../objects/type-lib.ts";
import { withCustomData } from "./custom-data.ts";
import { showSnapshot } from "./snapshot.ts";
import { CreateTypeInfoObject } from "./type-info.ts";

/** A library that begins without a name has this one, as Windows gives it. */
const NO_NAME = "";

/**
 * Begins a type library (CreateTypeLib2) that `SaveAllChanges` writes to `path`. The pointer is the caller's; ask it for ITypeLib2 to read what was
 * made so far. `libraries` is where types of other libraries are found.
 */
export function createTypeLib(
  sysKind: SYSKIND,
  path: string,
  libraries: TypeLibraries = new TypeLibraries(),
): ICreateTypeLib2 {
  return pointerTo(new CreateTypeLibObject(sysKind, path, libraries), ICreateTypeLib2);
}

/** A library in the making, behind ICreateTypeLib2 and, as it stands, ITypeLib2. */
export class CreateTypeLibObject {
  static readonly interfaces: readonly [typeof ICreateTypeLib2, typeof ITypeLib2] = [
    ICreateTypeLib2,
    ITypeLib2,
  ];
  readonly builder: LibraryBuilder;
  readonly libraries: TypeLibraries;
  readonly #path: string;
  #members = 0;
  #snapshot: TypeLibObject | undefined;

  constructor(sysKind: SYSKIND, path: string, libraries: TypeLibraries) {
    if (!(Object.values(SYSKIND) as number[]).includes(sysKind))
      throw new ComError(HResult.E_INVALIDARG, `${String(sysKind)} is no system`);
    this.builder = new LibraryBuilder({ name: NO_NAME, guid: GUID_NULL, sysKind });
    this.#path = path;
    this.libraries = libraries;
  }

  CreateTypeInfo(szName: string, tkind: TYPEKIND): ICreateTypeInfo {
    if (tkind < 0 || tkind >= TYPEKIND.TKIND_MAX || szName === "")
      throw new ComError(HResult.E_INVALIDARG, "a type needs a name and a kind");
    if (this.builder.types.length >= typeLibLimits.maxTypes)
      throw new ComError(TypeLibStatus.SIZETOOBIG, "the library has too many types");
    const made = new CreateTypeInfoObject(this, this.builder.addType(szName, tkind));
    this.changed();
    return made as unknown as ICreateTypeInfo;
  }

  SetName(szName: string): void {
    this.#change({ name: szName });
  }

  SetVersion(major: number, minor: number): void {
    this.#change({ version: { major, minor } });
  }

  SetGuid(guid: Guid): void {
    this.#change({ guid });
  }

  SetDocString(szDoc: string): void {
    this.#change({ docString: szDoc });
  }

  SetHelpFileName(szHelpFileName: string): void {
    this.#change({ helpFile: szHelpFileName });
  }

  SetHelpContext(dwHelpContext: number): void {
    this.#change({ helpContext: dwHelpContext });
  }

  SetLcid(lcid: number): void {
    this.#change({ lcid });
  }

  SetLibFlags(uLibFlags: number): void {
    this.#change({ flags: uLibFlags });
  }

  /** Writes the file. Throws what `build` and the writer throw, TYPE_E_IOERROR when it cannot be written. */
  SaveAllChanges(): void {
    const bytes = writeMsft(this.builder.build());
    try {
      writeFileSync(this.#path, bytes);
    } catch (error) {
      throw new ComError(TypeLibStatus.IOERROR, "the library cannot be written to its file", {
        cause: error,
      });
    }
  }

  DeleteTypeInfo(szName: string): void {
    const type = this.builder.typeOfName(szName);
    if (type === undefined) throw notFound(`the library has no type ${szName}`);
    this.builder.removeType(type);
    this.changed();
  }

  SetCustData(guid: Guid, pVarVal: Variant): void {
    this.#change({ customData: withCustomData(this.builder.options.customData ?? [], guid, pVarVal) });
  }

  SetHelpStringContext(dwHelpStringContext: number): void {
    this.#change({ helpStringContext: dwHelpStringContext });
  }

  SetHelpStringDll(szFileName: string): void {
    this.#change({ helpStringDll: szFileName });
  }

  /** The library as it stands, for those who read it. */
  snapshot(): TypeLibObject {
    return (this.#snapshot ??= this.libraries.objectOf(this.builder.build()));
  }

  /** What was shown of the library is no longer it. */
  changed(): void {
    this.#snapshot = undefined;
  }

  /** Counts members against the limit of what one library may hold. */
  spend(members: number): void {
    this.#members += members;
    if (this.#members > typeLibLimits.maxMembers)
      throw new ComError(TypeLibStatus.SIZETOOBIG, "the library has too many members");
  }

  #change(options: Parameters<LibraryBuilder["change"]>[0]): void {
    this.builder.change(options);
    this.changed();
  }
}

showSnapshot(CreateTypeLibObject, ITypeLib2);
