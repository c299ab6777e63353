import { ComError, GUID_NULL, type Guid } from "../../base/index.ts";
import { IStorage, IStream, type RemSNB } from "../../com/gen/objidl.ts";
import { identityOf, isPointer, remoteObjectOf } from "../../com/index.ts";
import { StgStatus, corrupt } from "../status.ts";
import { Stgm } from "../stgm.ts";
import { copyStream, everything } from "../stream/copy.ts";
import type { Element } from "../tree/element.ts";
import { OpenElement } from "../tree/open-element.ts";
import { StreamData } from "../tree/stream-data.ts";
import { DocfileStorage } from "./storage.ts";
import type { Session } from "./session.ts";
import { keysOfSnb } from "./snb.ts";

const createMode = Stgm.CREATE | Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;

/** Our own storage behind a pointer, when it is in this apartment. */
function storageBehind(pointer: object): DocfileStorage | undefined {
  if (isPointer(pointer) && remoteObjectOf(pointer) !== undefined) return undefined;
  const { object } = identityOf(pointer);
  return object instanceof DocfileStorage ? object : undefined;
}

/** Whether a target is (in) an element of a storage; without one, the storage itself. */
export function isWithin(target: object, storage: OpenElement, element?: Element): boolean {
  const found = storageBehind(target);
  if (found === undefined) return false;
  let at: OpenElement | undefined = found.open;
  while (at !== undefined) {
    if (element === undefined ? at === storage : at.parent === storage && at.element.key === element.key)
      return true;
    at = at.parent ?? at.scope.up;
  }
  return false;
}

/** Copies what is below an element into a storage of whatever kind. What changes meanwhile is not seen: elements are snapshots. */
export async function copyStorage(
  session: Session,
  element: Element,
  target: IStorage,
  excludedKinds: readonly Guid[],
  excludedNames: RemSNB | null,
  depth = 0,
): Promise<void> {
  if (depth > session.limits.maxDepth)
    throw corrupt(`storages are nested more than ${session.limits.maxDepth} deep`);
  session.volume.checkDisjoint();
  const names = keysOfSnb(excludedNames);
  const noStreams = excludedKinds.includes(IStream.iid);
  const noStorages = excludedKinds.includes(IStorage.iid);
  if (element.clsid !== GUID_NULL) await target.SetClass(element.clsid);
  if (element.stateBits !== 0) await target.SetStateBits(element.stateBits, 0xffffffff);
  for (const child of element.children.values()) {
    if (names.has(child.key)) continue;
    if (child.isStorage ? noStorages : noStreams) continue;
    if (child.isStorage) {
      using below = await childStorage(target, child.name);
      await copyStorage(session, child, below, noStreams ? [IStream.iid] : [], null, depth + 1);
    } else {
      await copyContent(session, child, target, child.name);
    }
  }
}

/** The storage of that name, made if there is none. */
async function childStorage(target: IStorage, name: string): Promise<IStorage> {
  const mode = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;
  try {
    return given(await target.CreateStorage(name, mode, 0, 0));
  } catch (error) {
    if (ComError.from(error).code !== StgStatus.FILEALREADYEXISTS) throw error;
    return given(await target.OpenStorage(name, null, mode, null, 0));
  }
}

function given<T>(pointer: T | null): T {
  if (pointer === null) throw new ComError(StgStatus.INVALIDPOINTER, "the storage answered with nothing");
  return pointer;
}

async function copyContent(
  session: Session,
  element: Element,
  target: IStorage,
  name: string,
): Promise<void> {
  using stream = given(await target.CreateStream(name, createMode, 0, 0));
  const data = new StreamData(new OpenElement(session.scope, undefined, element));
  let at = 0;
  const source = {
    Read(cb: number): { pv: Uint8Array; pcbRead: number } {
      const pv = new Uint8Array(Math.min(cb, data.size - at));
      const pcbRead = data.read(at, pv);
      at += pcbRead;
      return { pv, pcbRead };
    },
  };
  await copyStream(source, stream, everything);
}

/** Copies one element under another name; throws STG_E_FILEALREADYEXISTS when there is one. */
export async function copyElement(
  session: Session,
  element: Element,
  target: IStorage,
  name: string,
): Promise<void> {
  const mode = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;
  if (!element.isStorage) {
    using probe = given(await target.CreateStream(name, mode, 0, 0));
    void probe;
  }
  if (!element.isStorage) return copyContent(session, element, target, name);
  using storage = given(await target.CreateStorage(name, mode, 0, 0));
  return copyStorage(session, element, storage, [], null);
}
