import { ComError, HResult } from "../../base/index.ts";
import { type FORMATETC, IEnumFORMATETC } from "../gen/dataobj.ts";
import { SnapshotEnumerator } from "../snapshot-enumerator.ts";
import { Aspect, type ClipboardFormat, DataStatus, isSameFormat } from "./formats.ts";
import { Tymed } from "./medium.ts";

/** A FORMATETC with what is usual: the content, all of it, in memory or as a stream, for no particular device. */
export function formatEtc(format: ClipboardFormat, more: Partial<FORMATETC> = {}): FORMATETC {
  return {
    cfFormat: format,
    ptd: null,
    dwAspect: Aspect.CONTENT,
    lindex: -1,
    tymed: Tymed.HGLOBAL | Tymed.ISTREAM,
    ...more,
  };
}

/** Everything there is (-1 and 0 everywhere): whom it concerns, hears of every change. */
export function isEverything({ cfFormat, dwAspect, lindex }: FORMATETC): boolean {
  return cfFormat === 0 && dwAspect === 0xffffffff && lindex === -1;
}

/** Finds what a caller asks for. Throws DV_E_FORMATETC, DV_E_DVASPECT, DV_E_LINDEX, DV_E_TYMED: the first thing that does not fit. */
export function findFormat<T extends { readonly formatetc: FORMATETC }>(
  items: readonly T[],
  wanted: FORMATETC | null,
): T {
  if (wanted === null) throw new ComError(HResult.E_INVALIDARG, "no format was asked for");
  const named = items.filter(({ formatetc }) => isSameFormat(formatetc.cfFormat, wanted.cfFormat));
  if (named.length === 0)
    throw new ComError(DataStatus.FORMATETC, `there is no data in the format ${wanted.cfFormat}`);
  const seen = named.filter(({ formatetc }) => formatetc.dwAspect === wanted.dwAspect);
  if (seen.length === 0)
    throw new ComError(DataStatus.DVASPECT, `there is no such view (${wanted.dwAspect}) of it`);
  const parts = seen.filter(({ formatetc }) => formatetc.lindex === wanted.lindex);
  if (parts.length === 0) throw new ComError(DataStatus.LINDEX, `there is no part ${wanted.lindex} of it`);
  const found = parts.find(({ formatetc }) => (formatetc.tymed & wanted.tymed) !== 0);
  if (found !== undefined) return found;
  throw new ComError(DataStatus.TYMED, `it is not to be had on the media ${wanted.tymed}`);
}

/** IEnumFORMATETC over a list. */
export class EnumFormatEtc extends SnapshotEnumerator<FORMATETC> {
  static readonly interfaces: readonly (typeof IEnumFORMATETC)[] = [IEnumFORMATETC];

  Next(celt: number): { readonly rgelt: readonly FORMATETC[]; readonly pceltFetched: number } {
    return this.next(celt, (rgelt) => ({ rgelt, pceltFetched: rgelt.length }));
  }

  Clone(): EnumFormatEtc {
    return new EnumFormatEtc(this.items, this.at);
  }
}
