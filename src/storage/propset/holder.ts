import { ComError, type Guid } from "../../base/index.ts";
import type { IStorage, IStream } from "../../com/gen/objidl.ts";
import type { Awaitable } from "../../ndr/index.ts";
import { storageLimits } from "../limits.ts";
import { StgStatus } from "../status.ts";
import { Stgm } from "../stgm.ts";
import { readAll } from "../stream/copy.ts";
import { PropertySet } from "./property-set.ts";
import { propertySetName } from "./names.ts";

/** The stream of a set that is a storage, beside which its streams and storages lie. */
const nonSimpleContents = "CONTENTS";

/** What property sets lie in: the part of IStorage they need. */
export type SetHost = Pick<
  IStorage,
  "CreateStream" | "OpenStream" | "CreateStorage" | "OpenStorage" | "DestroyElement" | "EnumElements"
>;

/** Where a property set is stored: its stream, and its storage when it is not simple. Owns both. */
export class SetHolder {
  readonly stream: IStream;
  readonly folder: IStorage | undefined;

  constructor(stream: IStream, folder: IStorage | undefined) {
    this.stream = stream;
    this.folder = folder;
  }

  async load(): Promise<PropertySet> {
    await this.stream.Seek(0n, 0);
    return PropertySet.read(await readAll(this.stream, storageLimits.maxPropertySetBytes));
  }

  /** At once, when the stream's methods answer at once. */
  save(set: PropertySet): Awaitable<void> {
    const { stream } = this;
    const bytes = set.write();
    return chain([
      () => stream.Seek(0n, 0),
      () => stream.Write(bytes, bytes.length),
      () => stream.SetSize(BigInt(bytes.length)),
      () => stream.Commit(0),
    ]);
  }

  release(): void {
    this.stream.Release();
    this.folder?.Release();
  }
}

/** Runs steps one after the other, without a promise as long as none of them answers with one. */
function chain(steps: readonly (() => Awaitable<unknown>)[]): Awaitable<void> {
  for (const [i, step] of steps.entries()) {
    const answer = step();
    if (answer instanceof Promise) return answer.then(() => chain(steps.slice(i + 1)));
  }
}

export function given<T>(pointer: T | null): T {
  if (pointer === null) throw new ComError(StgStatus.INVALIDPOINTER, "the storage answered with nothing");
  return pointer;
}

/** Whether an error says that there is no such element. */
export function isMissing(error: unknown): boolean {
  return ComError.from(error).code === StgStatus.FILENOTFOUND;
}

/** Opens where a format's properties are; throws STG_E_FILENOTFOUND when there are none. */
export async function openHolder(host: SetHost, fmtid: Guid, mode: number): Promise<SetHolder> {
  const name = propertySetName(fmtid);
  try {
    return new SetHolder(given(await host.OpenStream(name, 0, null, mode, 0)), undefined);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const folder = given(await host.OpenStorage(name, null, mode, null, 0));
  try {
    return new SetHolder(given(await folder.OpenStream(nonSimpleContents, 0, null, mode & 0xff, 0)), folder);
  } catch (error) {
    folder.Release();
    throw error;
  }
}

export async function createHolder(
  host: SetHost,
  fmtid: Guid,
  mode: number,
  simple: boolean,
): Promise<SetHolder> {
  const name = propertySetName(fmtid);
  if (simple) return new SetHolder(given(await host.CreateStream(name, mode, 0, 0)), undefined);
  const folder = given(await host.CreateStorage(name, mode, 0, 0));
  try {
    return new SetHolder(given(await folder.CreateStream(nonSimpleContents, mode & 0xff, 0, 0)), folder);
  } catch (error) {
    folder.Release();
    throw error;
  }
}

const read = Stgm.READ | Stgm.SHARE_EXCLUSIVE;
const write = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;

/** The property set of a format in a storage; undefined when there is none. What is changed in it is nowhere until it is written. */
export async function readPropertySet(storage: SetHost, fmtid: Guid): Promise<PropertySet | undefined> {
  let holder: SetHolder;
  try {
    holder = await openHolder(storage, fmtid, read);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return await holder.load();
  } finally {
    holder.release();
  }
}

/** Writes a simple property set where those of its format are; what was there is replaced. */
export async function writePropertySet(storage: SetHost, fmtid: Guid, set: PropertySet): Promise<void> {
  const holder = await createHolder(storage, fmtid, write | Stgm.CREATE, true);
  try {
    await holder.save(set);
  } finally {
    holder.release();
  }
}
