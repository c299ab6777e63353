import { copyFileSync } from "node:fs";
import { IPropertySetStorage } from "../../automation/gen/propidlbase.ts";
import { ComError } from "../../base/index.ts";
import { IRootStorage, IStorage, type RemSNB } from "../../com/gen/objidl.ts";
import { type Implements, getCallContext } from "../../com/index.ts";
import type { Awaitable, Interface } from "../../ndr/index.ts";
import { miniCutoff } from "../cfb/header.ts";
import { FileStore, storageError } from "../bytes/file-store.ts";
import { StgStatus, accessDenied } from "../status.ts";
import { Stgm } from "../stgm.ts";
import { OpenElement } from "../tree/open-element.ts";
import { StreamData } from "../tree/stream-data.ts";
import type { Session } from "./session.ts";
import { keysOfSnb } from "./snb.ts";
import { DocfileStorage } from "./storage.ts";

/** The root of a compound file: a storage that can also be moved to another file (IRootStorage). */
export class DocfileRoot extends DocfileStorage implements Implements<IRootStorage> {
  static override readonly interfaces: readonly Interface<unknown>[] = [
    IStorage,
    IRootStorage,
    IPropertySetStorage,
  ];

  constructor(session: Session) {
    super(session, undefined, session.mode);
    if (session.mode.has(Stgm.SIMPLE)) checkSimple(this.open);
  }

  /**
   * The storage goes on in a new file: as committed, with what is not committed still to be committed there. The old file stays as it is. Not while
   * others have it open, and not for a caller on another machine.
   */
  SwitchToFile(pszFile: string): Awaitable<void> {
    this.open.check();
    if (getCallContext()?.remote === true)
      throw accessDenied("a caller on another machine does not choose files here");
    const { shared } = this.session;
    const { store } = shared;
    if (!(store instanceof FileStore)) {
      throw new ComError(StgStatus.NOTFILEBASEDSTORAGE, "only a storage in a file can go on in another");
    }
    if (shared.users > 1) throw new ComError(StgStatus.SHAREVIOLATION, "others have the file open");
    if (this.session.mode.has(Stgm.DELETEONRELEASE)) this.session.onClosed = undefined;
    store.flush();
    try {
      copyFileSync(store.path, pszFile);
    } catch (error) {
      throw storageError(error, pszFile);
    }
    shared.moveTo(new FileStore(pszFile, "r+"));
    this.session.path = pszFile;
    store.close();
    shared.replacement?.abandon();
    shared.replacement = undefined;
  }

  /** Empties what a caller of openStorage leaves out: streams lose their bytes, storages their elements. */
  exclude(snb: RemSNB | null): void {
    for (const key of keysOfSnb(snb)) {
      const element = this.open.element.children.get(key);
      if (element === undefined) continue;
      const open = new OpenElement(this.open.scope, this.open, element);
      if (element.isStorage) open.edit().children.clear();
      else new StreamData(open).setSize(0);
      open.close();
    }
  }
}

/** A simple storage is flat, and its streams have a sector's size at least. Throws STG_E_NOTSIMPLEFORMAT. */
function checkSimple({ element }: OpenElement): void {
  for (const child of element.children.values()) {
    if (!child.isStorage && (child.content?.size ?? 0) >= miniCutoff) continue;
    throw new ComError(
      StgStatus.NOTSIMPLEFORMAT,
      `"${child.name}" is a storage, or smaller than ${miniCutoff} bytes`,
    );
  }
}
