import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ComError, systemClock, filetimeOf } from "../../base/index.ts";
import { IStorage } from "../../com/gen/objidl.ts";
import { pointerTo } from "../../com/index.ts";
import type { ByteStore } from "../bytes/byte-store.ts";
import { FileStore, storageError } from "../bytes/file-store.ts";
import { emptyVolume } from "../cfb/empty.ts";
import { hasSignature, headerBytes } from "../cfb/header.ts";
import { claimsOn } from "../share/claims.ts";
import { StgStatus } from "../status.ts";
import { type Mode, Stgm, checkRootMode } from "../stgm.ts";
import { BytesReplacement, FileReplacement, removeFile } from "./replacement.ts";
import { DocfileRoot } from "./root.ts";
import { Session, SharedFile, type StorageOptions } from "./session.ts";
import { makeSnb } from "./snb.ts";
import { contentsName } from "./storage.ts";
import { Volume } from "../cfb/volume.ts";
import { storageLimits } from "../limits.ts";

export interface CreateStorageOptions extends StorageOptions {
  /** 3, with sectors of 512 bytes, up to 2 GB: what everybody reads (the default). 4, with sectors of 4096, for larger files. */
  readonly version?: 3 | 4;
}

export interface OpenStorageOptions extends StorageOptions {
  /** Elements of the root to open as if they were empty (SNB). */
  readonly exclude?: readonly string[];
}

/**
 * The files this process has open, by device and inode: who opens one a second time joins, as far as the share modes let him. Other processes of the
 * machine keep to the modes too; what a program does that knows nothing of them is noticed at the next commit (STG_E_NOTCURRENT).
 */
const openFiles = new Map<string, SharedFile>();

function shareFile(store: FileStore, { home }: StorageOptions): SharedFile {
  const key = store.identity;
  const before = openFiles.get(key);
  if (before !== undefined) {
    const there = before.store;
    // A writer who comes after readers brings the file opened for writing.
    if (store.writable && there instanceof FileStore && !there.writable) {
      before.moveTo(store);
      there.close();
    } else {
      store.close();
    }
    return before;
  }
  const shared = new SharedFile(store, () => void openFiles.delete(key), claimsOn(key, home));
  openFiles.set(key, shared);
  return shared;
}

/**
 * Opens a compound file (StgOpenStorage, StgOpenStorageEx). The caller owns the root; a direct one writes the file at the latest when that is released.
 * The default mode reads and lets others read. Throws STG_E_FILENOTFOUND, STG_E_FILEALREADYEXISTS for a file of another kind, STG_E_SHAREVIOLATION,
 * STG_E_DOCFILECORRUPT.
 */
export function openStorage(
  path: string,
  mode: number = Stgm.READ | Stgm.SHARE_DENY_WRITE,
  options: OpenStorageOptions = {},
): IStorage {
  const checked = checkRootMode(mode, false);
  const full = resolve(path);
  return openShared(
    shareFile(new FileStore(full, checked.writes ? "r+" : "r"), options),
    checked,
    full,
    options,
  );
}

function openShared(
  shared: SharedFile,
  mode: Mode,
  path: string | undefined,
  options: OpenStorageOptions,
): IStorage {
  const session = enter(shared, mode, path, options);
  try {
    const root = new DocfileRoot(session);
    if (options.exclude !== undefined) root.exclude(makeSnb(options.exclude));
    return pointerTo(root, IStorage);
  } catch (error) {
    void session.close();
    throw error;
  }
}

/** A session, or nothing left open. */
function enter(
  shared: SharedFile,
  mode: Mode,
  path: string | undefined,
  options: StorageOptions,
  make?: () => Volume,
): Session {
  try {
    return new Session(shared, mode, path, options, make);
  } catch (error) {
    shared.endUnused();
    throw error;
  }
}

/**
 * Creates a compound file (StgCreateDocfile, StgCreateStorageEx). The caller owns the root. Without a name it is a temporary file that goes away with
 * the root. The default mode is direct and fails when the file is there (STG_E_FILEALREADYEXISTS); CREATE replaces it, CONVERT keeps what it was in the
 * stream CONTENTS. In transacted mode the old file stays, for everybody else, until the first commit.
 */
export function createStorage(
  path: string | null,
  mode: number = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE,
  options: CreateStorageOptions = {},
): IStorage {
  const checked = checkRootMode(path === null ? mode | Stgm.DELETEONRELEASE : mode, true);
  const full = path === null ? join(tmpdir(), `~df${randomUUID()}.tmp`) : resolve(path);
  const replaces =
    checked.has(Stgm.CREATE | Stgm.CONVERT) && statSync(full, { throwIfNoEntry: false }) !== undefined;
  const root =
    replaces && checked.has(Stgm.TRANSACTED)
      ? createBeside(full, checked, options)
      : createInPlace(full, checked, replaces, options);
  if (checked.has(Stgm.DELETEONRELEASE)) root.session.onClosed = () => removeFile(full);
  return pointerTo(root, IStorage);
}

function createInPlace(
  path: string,
  mode: Mode,
  replaces: boolean,
  options: CreateStorageOptions,
): DocfileRoot {
  if (replaces) checkNotOpen(path);
  const before = replaces && mode.has(Stgm.CONVERT) ? bytesOfFile(path) : undefined;
  // What is there is emptied when nobody in another process has it open, no earlier.
  const flags = replaces ? "r+" : mode.has(Stgm.CREATE | Stgm.CONVERT) ? "w+" : "wx+";
  return createIn(shareFile(new FileStore(path, flags), options), mode, path, options, before);
}

/** A new file that takes the old one's place at the first commit. */
function createBeside(path: string, mode: Mode, options: CreateStorageOptions): DocfileRoot {
  const target = realpathSync(path);
  const old = shareFile(new FileStore(target, "r+"), options);
  try {
    const before = mode.has(Stgm.CONVERT) ? bytesOfStore(old.store) : undefined;
    const replacement = new FileReplacement(old, target, mode);
    const shared = shareFile(replacement.store, options);
    shared.replacement = replacement;
    return createIn(shared, mode, path, options, before);
  } catch (error) {
    old.endUnused();
    throw error;
  }
}

/** Replacing a file that is open here, whatever its name, would pull it from under those who have it. */
function checkNotOpen(path: string): void {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || !openFiles.has(`${stat.dev}:${stat.ino}`)) return;
  throw new ComError(StgStatus.SHAREVIOLATION, "the file is open", { gate: "storage sharing", where: path });
}

function bytesOfFile(path: string): Uint8Array {
  const store = new FileStore(path, "r");
  try {
    return bytesOfStore(store);
  } finally {
    store.close();
  }
}

/** The bytes of what was just opened, or nothing left open. */
function bytesToKeep(shared: SharedFile): Uint8Array {
  try {
    return bytesOfStore(shared.store);
  } catch (error) {
    shared.endUnused();
    throw error;
  }
}

function bytesOfStore(store: ByteStore): Uint8Array {
  if (store.size > storageLimits.maxImageBytes)
    throw new ComError(StgStatus.MEDIUMFULL, `${store.size} bytes are too many to convert`);
  const bytes = new Uint8Array(store.size);
  store.read(0, bytes);
  return bytes;
}

/**
 * An empty compound file in `shared`'s bytes, opened; what is to be kept lies in it. A transacted one is an empty storage already; a direct one is
 * written when it is complete.
 */
function createIn(
  shared: SharedFile,
  mode: Mode,
  path: string | undefined,
  options: CreateStorageOptions,
  contents: Uint8Array | undefined,
): DocfileRoot {
  const limits = { ...storageLimits, ...options.limits };
  const now = filetimeOf((options.clock ?? systemClock).now());
  const session = enter(shared, mode, path, options, () => {
    shared.store.setSize(0);
    shared.store.write(0, emptyVolume(options.version ?? 3, now));
    const volume = Volume.open(shared.store, limits);
    volume.virgin = !mode.has(Stgm.TRANSACTED);
    return volume;
  });
  try {
    const root = new DocfileRoot(session);
    if (contents !== undefined) root.addContents(contentsName, contents);
    return root;
  } catch (error) {
    void session.close();
    throw error;
  }
}

/** Whether a file is a compound file (StgIsStorageFile). Throws STG_E_FILENOTFOUND. */
export function isStorageFile(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    throw storageError(error, path);
  }
  try {
    const bytes = new Uint8Array(headerBytes);
    return hasSignature(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)));
  } finally {
    closeSync(fd);
  }
}

/** Opens what is in lock bytes (for StgOpenStorageOnILockBytes). */
export function openOnStore(shared: SharedFile, mode: Mode, options: OpenStorageOptions): IStorage {
  return openShared(shared, mode, undefined, options);
}

/** Creates a compound file in lock bytes, whatever they held (for StgCreateDocfileOnILockBytes). */
export function createOnStore(shared: SharedFile, mode: Mode, options: CreateStorageOptions): IStorage {
  const before = mode.has(Stgm.CONVERT) ? bytesToKeep(shared) : undefined;
  if (mode.has(Stgm.TRANSACTED) && shared.store.size > 0) {
    const limit = options.limits?.maxImageBytes ?? storageLimits.maxImageBytes;
    shared.replacement = new BytesReplacement(shared, limit);
  }
  return pointerTo(createIn(shared, mode, undefined, options, before), IStorage);
}
