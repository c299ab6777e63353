import type { GDI_OBJECT } from "../gen/dataobj.ts";
import type { IStorage, IStream } from "../gen/objidl.ts";
import type { userHENHMETAFILE, userHMETAFILEPICT } from "../gen/wtypes.ts";
import type { IUnknown } from "../unknown.ts";

/** A piece of memory (HGLOBAL): its bytes. */
export type GlobalMemory = Uint8Array;

/** The kinds of media (TYMED), as bits. */
export const Tymed = {
  NULL: 0,
  HGLOBAL: 1,
  FILE: 2,
  ISTREAM: 4,
  ISTORAGE: 8,
  GDI: 16,
  MFPICT: 32,
  ENHMF: 64,
} as const;

/**
 * A storage medium: where data is. Memory is bytes. Pointers in a medium that is a result belong to the one who gets it, `releaseMedium` gives them back;
 * in one that is an argument they are lent. Pictures are as they travel.
 */
export type StgMedium = (
  | { readonly tymed: 0 }
  | { readonly tymed: 1; readonly hGlobal: GlobalMemory | null }
  | { readonly tymed: 2; readonly lpszFileName: string | null }
  | { readonly tymed: 4; readonly pstm: IStream | null }
  | { readonly tymed: 8; readonly pstg: IStorage | null }
  | { readonly tymed: 16; readonly hGdiHandle: GDI_OBJECT | null }
  | { readonly tymed: 32; readonly hMetaFilePict: userHMETAFILEPICT | null }
  | { readonly tymed: 64; readonly hHEnhMetaFile: userHENHMETAFILE | null }
) & {
  /** Whom to release when the medium is no longer needed, in place of freeing it. */
  readonly pUnkForRelease?: IUnknown | null;
};

/**
 * The medium of IDataObject::SetData. `fPassOwnership` must say what the call's fRelease says: whether the medium becomes the object's to free. Leave
 * both out (and fRelease 0): here nothing needs to be freed, and pointers are lent as they are everywhere.
 */
export type FlagStgMedium = StgMedium & { readonly fPassOwnership?: boolean };

/** No data. */
export const noMedium: StgMedium = { tymed: 0 };

/** Gives back what a medium holds (ReleaseStgMedium): its stream or storage, and what stands for freeing it. A file stays; whose it is, only its maker knows. */
export function releaseMedium(medium: StgMedium): void {
  if (medium.tymed === Tymed.ISTREAM) medium.pstm?.[Symbol.dispose]();
  if (medium.tymed === Tymed.ISTORAGE) medium.pstg?.[Symbol.dispose]();
  medium.pUnkForRelease?.[Symbol.dispose]();
}
