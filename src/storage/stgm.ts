import { ComError } from "../base/index.ts";
import { StgStatus } from "./status.ts";

/** How a storage or a stream is opened (STGM). */
export const Stgm = {
  READ: 0,
  WRITE: 1,
  READWRITE: 2,
  SHARE_EXCLUSIVE: 0x10,
  SHARE_DENY_WRITE: 0x20,
  SHARE_DENY_READ: 0x30,
  SHARE_DENY_NONE: 0x40,
  /** Whatever is there already is replaced. Without it, and without CONVERT, that is an error. */
  CREATE: 0x1000,
  TRANSACTED: 0x10000,
  /** What is there becomes the stream CONTENTS of the new storage. */
  CONVERT: 0x20000,
  PRIORITY: 0x40000,
  NOSCRATCH: 0x100000,
  NOSNAPSHOT: 0x200000,
  DIRECT_SWMR: 0x400000,
  DELETEONRELEASE: 0x4000000,
  SIMPLE: 0x8000000,
} as const;

const known = Object.values(Stgm).reduce<number>((all, flag) => all | flag, 0);

/** A mode taken apart. */
export class Mode {
  readonly bits: number;

  constructor(bits: number) {
    this.bits = bits;
  }

  get reads(): boolean {
    return (this.bits & 3) !== Stgm.WRITE;
  }

  get writes(): boolean {
    return (this.bits & 3) !== Stgm.READ;
  }

  get share(): number {
    return this.bits & 0x70;
  }

  has(flag: number): boolean {
    return (this.bits & flag) !== 0;
  }
}

function invalid(why: string, bits: number): ComError {
  return new ComError(StgStatus.INVALIDFLAG, `${why} (mode 0x${(bits >>> 0).toString(16)})`);
}

function commonChecks(bits: number): Mode {
  const mode = new Mode(bits);
  if ((bits & ~known) !== 0 || (bits & 3) === 3 || mode.share > Stgm.SHARE_DENY_NONE) {
    throw invalid("the mode has bits without a meaning", bits);
  }
  if (mode.has(Stgm.CREATE) && mode.has(Stgm.CONVERT))
    throw invalid("CREATE and CONVERT exclude each other", bits);
  if (mode.has(Stgm.CONVERT) && mode.has(Stgm.DELETEONRELEASE))
    throw invalid("what is converted is not to be deleted", bits);
  return mode;
}

/** The mode of a child: exclusive always. Throws STG_E_INVALIDFLAG, STG_E_INVALIDFUNCTION. */
export function checkChildMode(bits: number, isStorage: boolean): Mode {
  const mode = commonChecks(bits);
  if (mode.share !== Stgm.SHARE_EXCLUSIVE)
    throw invalid("what lies in a storage is opened SHARE_EXCLUSIVE", bits);
  const barred = Stgm.PRIORITY | Stgm.DELETEONRELEASE | Stgm.SIMPLE | Stgm.DIRECT_SWMR;
  if (mode.has(barred) || (!isStorage && mode.has(Stgm.TRANSACTED | Stgm.CONVERT))) {
    throw new ComError(StgStatus.INVALIDFUNCTION, "the mode asks for what only a whole file can be");
  }
  return mode;
}

/** The mode of a whole compound file. Throws STG_E_INVALIDFLAG. */
export function checkRootMode(bits: number, creates: boolean): Mode {
  const mode = commonChecks(bits);
  if (creates && !mode.writes) throw invalid("a storage is not created for reading", bits);
  if (!creates && mode.has(Stgm.CREATE | Stgm.CONVERT | Stgm.DELETEONRELEASE)) {
    throw invalid("CREATE, CONVERT and DELETEONRELEASE are for creating", bits);
  }
  if (mode.has(Stgm.PRIORITY)) {
    const barred = Stgm.TRANSACTED | Stgm.SIMPLE | Stgm.NOSCRATCH | Stgm.NOSNAPSHOT;
    if (creates || mode.writes || mode.has(barred)) throw invalid("PRIORITY reads, in direct mode", bits);
    return mode;
  }
  if (mode.has(Stgm.TRANSACTED)) checkTransacted(mode);
  else checkDirect(mode);
  return mode;
}

function checkTransacted(mode: Mode): void {
  if (mode.has(Stgm.SIMPLE | Stgm.DIRECT_SWMR))
    throw invalid("SIMPLE and DIRECT_SWMR are direct modes", mode.bits);
  if (mode.has(Stgm.NOSNAPSHOT) && mode.share !== Stgm.SHARE_DENY_NONE && mode.share !== 0) {
    throw invalid("NOSNAPSHOT is for those who deny nothing", mode.bits);
  }
}

function checkDirect(mode: Mode): void {
  if (mode.has(Stgm.SIMPLE) && mode.share !== Stgm.SHARE_EXCLUSIVE)
    throw invalid("SIMPLE needs SHARE_EXCLUSIVE", mode.bits);
  if (mode.has(Stgm.NOSCRATCH | Stgm.NOSNAPSHOT))
    throw invalid("NOSCRATCH and NOSNAPSHOT are for TRANSACTED", mode.bits);
  const { share } = mode;
  if (mode.has(Stgm.DIRECT_SWMR)) {
    const right = mode.writes ? Stgm.SHARE_DENY_WRITE : Stgm.SHARE_DENY_NONE;
    if (share !== right)
      throw invalid("DIRECT_SWMR writes with DENY_WRITE and reads with DENY_NONE", mode.bits);
    return;
  }
  if (mode.writes && share !== Stgm.SHARE_EXCLUSIVE)
    throw invalid("direct writing needs SHARE_EXCLUSIVE", mode.bits);
  if (!mode.writes && share !== Stgm.SHARE_EXCLUSIVE && share !== Stgm.SHARE_DENY_WRITE) {
    throw invalid("direct reading needs SHARE_DENY_WRITE or SHARE_EXCLUSIVE", mode.bits);
  }
}

/** Whether two that open one file get along. */
export function modesAgree(a: Mode, b: Mode): boolean {
  return admits(a, b) && admits(b, a);
}

function admits(there: Mode, comes: Mode): boolean {
  switch (there.share) {
    case Stgm.SHARE_EXCLUSIVE:
      return false;
    case Stgm.SHARE_DENY_WRITE:
      return !comes.writes;
    case Stgm.SHARE_DENY_READ:
      return !comes.reads;
    default:
      return true;
  }
}
