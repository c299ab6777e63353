import { type ByteWriter, ComError, HResult } from "../../base/index.ts";
import type { UserMarshal } from "../../ndr/index.ts";
import type { _STGMEDIUM_UNION, userFLAG_STGMEDIUM, userSTGMEDIUM } from "../gen/dataobj.ts";
import type { userCLIPFORMAT, userHGLOBAL } from "../gen/wtypes.ts";
import type { ClipboardFormat } from "./formats.ts";
import { type FlagStgMedium, type StgMedium, Tymed, noMedium } from "./medium.ts";

/*
 * The types of uniform data transfer that do not travel as they are: clipboard formats, memory, media. The wire forms are those of the SDK's wtypes.idl
 * and objidl.idl.
 */

/** WDT_INPROC_CALL and WDT_REMOTE_CALL: a number that only one machine knows, or what it stands for. */
const NUMBER = 0x48746457;
const CONTENT = 0x52746457;

/** Names of window classes, atoms and formats have no more (the limit of an atom). */
const maxName = 255;

/** A clipboard format: predefined ones by number, registered ones by name. */
export const CLIPFORMAT_UserMarshal: UserMarshal<ClipboardFormat, userCLIPFORMAT | null> = {
  toWire(format) {
    if (typeof format === "string") return { tag: CONTENT, pwszName: checkedName(format) };
    if (Number.isInteger(format) && format >= 0 && format <= 0xffff) return { tag: NUMBER, dwValue: format };
    throw new ComError(HResult.E_INVALIDARG, `${String(format)} is no clipboard format`);
  },
  fromWire(wire) {
    if (wire === null) return 0;
    if (wire.tag === NUMBER) return wire.dwValue & 0xffff;
    if (wire.pwszName === null)
      throw new ComError(HResult.RPC_X_BAD_STUB_DATA, "a clipboard format without a name");
    return checkedName(wire.pwszName);
  },
};

function checkedName(name: string): string {
  if (name.length > 0 && name.length <= maxName) return name;
  throw new ComError(
    HResult.E_INVALIDARG,
    `the name of a clipboard format has 1 to ${maxName} characters, not ${name.length}`,
  );
}

/** Memory: its bytes, whatever the distance. A handle of somebody else's memory cannot be followed. */
export const HGLOBAL_UserMarshal: UserMarshal<Uint8Array | null, userHGLOBAL | null> = {
  toWire(bytes) {
    if (bytes === null || bytes === undefined) return { tag: CONTENT, hRemote: null };
    return { tag: CONTENT, hRemote: { fFlags: 0, clSize: bytes.length, abData: bytes } };
  },
  fromWire(wire) {
    if (wire === null) return null;
    if (wire.tag === CONTENT) return wire.hRemote === null ? null : wire.hRemote.abData.slice();
    const handle = wire.tag === NUMBER ? wire.hInproc : wire.hInproc64;
    if (Number(handle) === 0) return null;
    throw new ComError(
      HResult.RPC_X_BAD_STUB_DATA,
      "memory that travels by its handle belongs to another process",
    );
  },
  finish(writer: ByteWriter, start: number) {
    // Windows writes the handle twice, as the referent and where the flags stand, and its peers compare them. (NDR64 has padding behind the tag.)
    const { view } = writer;
    const referent = view.getUint32(start + 4, true);
    if (referent !== 0 && view.getUint32(start, true) === CONTENT) writer.patchU32(start + 12, referent);
  },
};

/** A medium: of memory the bytes, of a file the name, of a stream or storage a pointer to it. */
export const STGMEDIUM_UserMarshal: UserMarshal<StgMedium, userSTGMEDIUM | null> = {
  toWire: (medium) => toWire(medium ?? noMedium),
  fromWire: (wire) => (wire === null ? noMedium : fromWire(wire)),
};

export const FLAG_STGMEDIUM_UserMarshal: UserMarshal<FlagStgMedium, userFLAG_STGMEDIUM | null> = {
  toWire: (medium) => ({
    ContextFlags: 0,
    fPassOwnership: medium?.fPassOwnership === true ? 1 : 0,
    Stgmed: toWire(medium ?? noMedium),
  }),
  fromWire: (wire) =>
    wire === null ? noMedium : { ...fromWire(wire.Stgmed), fPassOwnership: wire.fPassOwnership !== 0 },
};

function toWire(medium: StgMedium): userSTGMEDIUM {
  return { DUMMYUNIONNAME: unionOf(medium), pUnkForRelease: medium.pUnkForRelease ?? null };
}

function unionOf(medium: StgMedium): _STGMEDIUM_UNION {
  switch (medium.tymed) {
    case Tymed.NULL:
      return { tag: 0 };
    case Tymed.HGLOBAL:
      return { tag: 1, hGlobal: medium.hGlobal };
    case Tymed.FILE:
      return { tag: 2, lpszFileName: medium.lpszFileName };
    case Tymed.ISTREAM:
      return { tag: 4, pstm: medium.pstm };
    case Tymed.ISTORAGE:
      return { tag: 8, pstg: medium.pstg };
    case Tymed.GDI:
      return { tag: 16, hGdiHandle: medium.hGdiHandle };
    case Tymed.MFPICT:
      return { tag: 32, hMetaFilePict: medium.hMetaFilePict };
    case Tymed.ENHMF:
      return { tag: 64, hHEnhMetaFile: medium.hHEnhMetaFile };
    default:
      throw new ComError(HResult.E_INVALIDARG, `${String((medium as StgMedium).tymed)} is no medium`);
  }
}

function fromWire({ DUMMYUNIONNAME: union, pUnkForRelease }: userSTGMEDIUM): StgMedium {
  const { tag, ...data } = union;
  return { tymed: tag, ...data, ...(pUnkForRelease === null ? {} : { pUnkForRelease }) } as StgMedium;
}
