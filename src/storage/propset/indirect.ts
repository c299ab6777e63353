import { ComError } from "../../base/index.ts";
import type { IStorage, IStream } from "../../com/gen/objidl.ts";
import type { VERSIONEDSTREAM } from "../../automation/gen/propidlbase.ts";
import { StgStatus } from "../status.ts";
import { type Mode, Stgm } from "../stgm.ts";
import { copyStream, everything } from "../stream/copy.ts";
import { given } from "./holder.ts";
import { PropType, type PropertyValue, type VersionedStream } from "./types.ts";

/** Types whose value is an element beside the set. ([MS-OLEPS] 2.12, 2.13) */
export function isIndirect(vt: number): boolean {
  return isStream(vt) || vt === PropType.STORAGE || vt === PropType.STORED_OBJECT;
}

function isStream(vt: number): boolean {
  return vt === PropType.STREAM || vt === PropType.STREAMED_OBJECT || vt === PropType.VERSIONED_STREAM;
}

const create = Stgm.CREATE | Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;

/** Copies a stream or a storage beside the set; answers what stands in the set for it. */
export async function storeIndirect(
  folder: IStorage | undefined,
  id: number,
  property: PropertyValue,
): Promise<unknown> {
  if (folder === undefined) {
    throw new ComError(StgStatus.INVALIDPARAMETER, "a simple property set holds no streams and storages");
  }
  const name = `prop${id}`;
  const { vt, value } = property;
  if (!isStream(vt)) {
    using storage = given(await folder.CreateStorage(name, create, 0, 0));
    await given(value as IStorage | null).CopyTo(0, null, null, storage);
    return name;
  }
  const versioned = vt === PropType.VERSIONED_STREAM ? given(value as VERSIONEDSTREAM | null) : undefined;
  const source = versioned === undefined ? (value as IStream | null) : versioned.pStream;
  using stream = given(await folder.CreateStream(name, create, 0, 0));
  if (source !== null) await copyStream(source, stream, everything);
  return versioned === undefined ? name : { version: versioned.guidVersion, name };
}

/** Opens what stands beside the set; the caller owns it. */
export async function loadIndirect(folder: IStorage, property: PropertyValue, mode: Mode): Promise<unknown> {
  const access = (mode.bits & 3) | Stgm.SHARE_EXCLUSIVE;
  const { vt, value } = property;
  if (!isStream(vt)) return folder.OpenStorage(String(value), null, access, null, 0);
  if (vt !== PropType.VERSIONED_STREAM) return folder.OpenStream(String(value), 0, null, access, 0);
  const { version, name } = value as VersionedStream;
  return { guidVersion: version, pStream: await folder.OpenStream(name, 0, null, access, 0) };
}
