import { dceStatuses, facilities, hresults, ntStatuses, win32Errors } from "./gen/status.ts";
import { hints } from "./hints.ts";
import { hex32, HResult } from "./hresult.ts";
import { sentences } from "./sentences.ts";

/*
 * Names and sentences of status codes. A 32-bit status may be an HRESULT, a Win32 error (bare, or within an HRESULT of FACILITY_WIN32),
 * an NTSTATUS (bare, or within an HRESULT with the N bit), or a DCE RPC fault status; their numbers hardly overlap, and where they do the
 * HRESULT goes first. ([MS-ERREF] 2.1 to 2.3, [C706] appendix E)
 */

interface Table {
  readonly names: ReadonlyMap<number, string>;
  readonly codes: ReadonlyMap<string, number>;
}

function unpack(packed: string): Table {
  const names = new Map<number, string>();
  const codes = new Map<string, number>();
  for (const line of packed.split("\n")) {
    const [upper = "", ...entries] = line.split(" ");
    const high = Number.parseInt(upper, 16) * 0x10000;
    for (const entry of entries) {
      const colon = entry.indexOf(":");
      const name = entry.slice(0, colon);
      const code = high + Number.parseInt(entry.slice(colon + 1), 16);
      if (!names.has(code)) names.set(code, name);
      if (!codes.has(name)) codes.set(name, code);
    }
  }
  return { names, codes };
}

/** Unpacked at the first question: most programs never ask. */
function lazy(packed: string): () => Table {
  let table: Table | undefined;
  return () => (table ??= unpack(packed));
}

const hresultTable = lazy(hresults);
const win32Table = lazy(win32Errors);
const ntTable = lazy(ntStatuses);
const dceTable = lazy(dceStatuses);
const facilityTable = lazy(facilities);

const own = new Map<number, string>(Object.entries(HResult).map(([name, code]) => [code, name]));

/** The symbolic name of a status, if it has one. */
export function nameOfStatus(code: number): string | undefined {
  const status = code >>> 0;
  return (
    own.get(status) ?? hresultTable().names.get(status) ?? dceTable().names.get(status) ?? wrappedName(status)
  );
}

function wrappedName(status: number): string | undefined {
  if (status >>> 16 === 0x8007) return win32Table().names.get(status & 0xffff);
  if (status < 0x10000) return win32Table().names.get(status);
  const withoutN = (status & ~0x1000_0000) >>> 0;
  return ntTable().names.get(status) ?? (status >>> 28 === 0xd ? ntTable().names.get(withoutN) : undefined);
}

/** The status of a symbolic name: an HRESULT for HRESULTs and Win32 errors, the bare value for NTSTATUS and DCE statuses. */
export function statusOfName(name: string): number | undefined {
  if (Object.hasOwn(HResult, name)) return HResult[name as keyof typeof HResult];
  const hresult = hresultTable().codes.get(name);
  if (hresult !== undefined) return hresult;
  const win32 = win32Table().codes.get(name);
  if (win32 !== undefined) return 0x80070000 + win32;
  return ntTable().codes.get(name) ?? dceTable().codes.get(name);
}

/** The symbolic name of an HRESULT's facility. */
export function nameOfFacility(facility: number): string | undefined {
  return facilityTable().names.get(facility);
}

/** A sentence for a status: what it means, and for the famous ones what to look at. */
export function describeStatus(code: number): string {
  const status = code >>> 0;
  const name = nameOfStatus(status);
  if (name === undefined) return describeUnknown(status);
  // A raw fault status of 5 means what E_ACCESSDENIED means.
  const twin = status < 0x10000 ? own.get(0x80070000 + status) : undefined;
  const sentence = sentences[name] ?? (twin === undefined ? undefined : sentences[twin]) ?? readable(name);
  const hint = hints[name] ?? (twin === undefined ? undefined : hints[twin]);
  return hint === undefined ? sentence : `${sentence} (${hint})`;
}

function describeUnknown(status: number): string {
  if (status >>> 31 === 0)
    return status < 0x10000 ? `error ${status}, which has no known name` : "a status without a known name";
  const facility = (status >>> 16) & 0x7ff;
  const name = nameOfFacility(facility);
  const number = `code ${status & 0xffff}`;
  if (facility === 4) return `${number} of the interface's own errors: its documentation says what it means`;
  return name === undefined
    ? "an error without a known name"
    : `${number} of ${name}, which has no known name`;
}

/** Words from a symbolic name: the prefix goes, the underscores become spaces. */
function readable(name: string): string {
  const words = name.replace(/^(?:[A-Z][A-Z0-9]*_)?(?:E|S|W|I|X)_|^(?:RPC_NT|ERROR|STATUS|nca)_/, "");
  const text = words.replaceAll("_", " ").toLowerCase();
  return text === "" ? name : text;
}

/**
 * A status for people: name and number, whichever is known. Codes from 0x80040200 on (FACILITY_ITF) mean what the interface that raised them says,
 * so they get no name here: the table's is only one interface's.
 */
export function formatStatus(code: number): string {
  const interfacesOwn = code >>> 16 === 0x8004 && (code & 0xffff) >= 0x200;
  const name = interfacesOwn ? undefined : nameOfStatus(code);
  return name === undefined ? hex32(code) : `${name} (${hex32(code)})`;
}
