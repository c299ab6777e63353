import { type Guid, guid } from "../../base/index.ts";
import type { MarshalOptions } from "../remoting.ts";
import { MSHLFLAGS } from "../gen/wtypesbase.ts";

/** How far a reference travels (MSHCTX). */
export const MarshalDestination = {
  /** Another process of this machine. */
  LOCAL: 0,
  /** As LOCAL, without memory in common. */
  NOSHAREDMEM: 1,
  DIFFERENTMACHINE: 2,
  /** Another apartment of this process. */
  INPROC: 3,
  /** Another context of this apartment. */
  CROSSCTX: 4,
} as const;

/** What `getStdMarshalEx` makes (SMEXF). */
export const StdMarshal = {
  /** The standard marshaler of an object here, to be aggregated by it. */
  SERVER: 1,
  /** The manager of the proxies of an object elsewhere, to be aggregated by its handler. */
  HANDLER: 2,
} as const;

/** CLSID_StdMarshal: an IMarshal that names it has written a whole standard reference into the stream. */
export const CLSID_StdMarshal: Guid = guid("00000017-0000-0000-c000-000000000046");

/** CATID_Marshaler: classes of this category may be made by references that come from elsewhere. */
export const CATID_Marshaler: Guid = guid("00000003-0000-0000-c000-000000000046");

/** MSHCTX and MSHLFLAGS of marshal options. */
export function flagsOf(options: MarshalOptions | undefined): {
  readonly context: number;
  readonly flags: number;
} {
  const destination = options?.destination ?? "machine";
  const context = {
    machine: MarshalDestination.DIFFERENTMACHINE,
    local: MarshalDestination.LOCAL,
    inproc: MarshalDestination.INPROC,
  }[destination];
  const kind = {
    normal: MSHLFLAGS.MSHLFLAGS_NORMAL,
    tableStrong: MSHLFLAGS.MSHLFLAGS_TABLESTRONG,
    tableWeak: MSHLFLAGS.MSHLFLAGS_TABLEWEAK,
  }[options?.kind ?? "normal"];
  return { context, flags: options?.noPing === true ? kind | MSHLFLAGS.MSHLFLAGS_NOPING : kind };
}

/** Marshal options of MSHCTX and MSHLFLAGS: what an object's IMarshal passes on to the standard marshaler. */
export function optionsOf(context: number, flags: number): MarshalOptions {
  const noPing = (flags & MSHLFLAGS.MSHLFLAGS_NOPING) !== 0;
  const kind =
    (flags & MSHLFLAGS.MSHLFLAGS_TABLESTRONG) !== 0
      ? "tableStrong"
      : (flags & MSHLFLAGS.MSHLFLAGS_TABLEWEAK) !== 0
        ? "tableWeak"
        : "normal";
  const destination =
    context === MarshalDestination.DIFFERENTMACHINE
      ? "machine"
      : context === MarshalDestination.INPROC
        ? "inproc"
        : "local";
  return { destination, kind, ...(noPing && { noPing }) };
}
