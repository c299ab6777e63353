import type { IEnumSTATPROPSETSTG, IPropertyStorage } from "../../automation/gen/propidlbase.ts";
import { IPropertySetStorage } from "../../automation/gen/propidlbase.ts";
import { ComError, type Guid, joinFiletime } from "../../base/index.ts";
import { IEnumSTATSTG, IStorage, IStream, type RemSNB, type STATSTG } from "../../com/gen/objidl.ts";
import type { FILETIME } from "../../com/gen/wtypesbase.ts";
import { type Implements, pointerTo } from "../../com/index.ts";
import type { Awaitable, Interface } from "../../ndr/index.ts";
import { checkName, compareKeys, nameKey } from "../cfb/names.ts";
import { Stgty, makeStat, noName } from "../stat.ts";
import { StgStatus, accessDenied } from "../status.ts";
import { type Mode, Stgm, checkChildMode } from "../stgm.ts";
import { Element } from "../tree/element.ts";
import { OpenElement } from "../tree/open-element.ts";
import { Scope } from "../tree/scope.ts";
import { StreamData } from "../tree/stream-data.ts";
import { copyElement, copyStorage, isWithin } from "./copy.ts";
import { EnumList } from "../propset/enum-list.ts";
import {
  createPropertySet,
  deletePropertySet,
  enumPropertySets,
  openPropertySet,
} from "../propset/set-storage.ts";
import type { Session } from "./session.ts";
import { DocfileStream, StreamUse } from "./stream.ts";

/** The stream that CONVERT makes of what was there. */
export const contentsName = "CONTENTS";

/**
 * A storage of a compound file (IStorage). What it opens is open once, exclusively, with no more access than it has itself; it ends with its storage.
 */
export class DocfileStorage implements Implements<IStorage>, Implements<IPropertySetStorage> {
  static readonly interfaces: readonly Interface<unknown>[] = [IStorage, IPropertySetStorage];
  readonly session: Session;
  /** The element in the scope that its changes go to. */
  readonly open: OpenElement;
  protected readonly mode: Mode;
  /** The transaction of its own, when it was opened TRANSACTED. */
  readonly #own: Scope | undefined;
  /** Where it hangs in its parent's scope. */
  readonly #hook: OpenElement | undefined;

  constructor(session: Session, hook: OpenElement | undefined, mode: Mode) {
    this.session = session;
    this.mode = mode;
    this.#hook = hook;
    if (hook === undefined) {
      this.#own = session.scope;
    } else if (mode.has(Stgm.TRANSACTED)) {
      this.#own = new Scope(hook.scope.volume, hook, false);
      hook.onLost = () => this.#own?.close();
    }
    this.open = this.#own === undefined ? (hook as OpenElement) : this.#own.root;
  }

  /** What a simple storage (STGM_SIMPLE) does not do. */
  #checkSimple(what: string): void {
    if (!this.session.mode.has(Stgm.SIMPLE)) return;
    throw new ComError(StgStatus.INVALIDFUNCTION, `a simple storage does not ${what}`);
  }

  #needWrite(): void {
    this.open.check();
    if (!this.mode.writes) throw accessDenied("the storage was not opened for writing");
  }

  #element(name: string): Element {
    this.open.check();
    const element = this.open.element.children.get(nameKey(name));
    if (element === undefined) throw new ComError(StgStatus.FILENOTFOUND, `there is no "${name}"`);
    return element;
  }

  /** An element nobody has open. */
  #freeElement(name: string): Element {
    const element = this.#element(name);
    if (this.open.children.has(element.key)) {
      throw new ComError(StgStatus.ACCESSDENIED, `"${name}" is open`, { gate: "storage sharing" });
    }
    return element;
  }

  #checkAccess(mode: Mode): void {
    if ((mode.writes && !this.mode.writes) || (mode.reads && !this.mode.reads)) {
      throw accessDenied("a storage does not give more access than it was opened with");
    }
  }

  /** What modifies the list of elements modifies the storage. */
  #touch(): Element {
    const element = this.open.edit();
    element.modified = this.session.now();
    return element;
  }

  /** Makes room for a new element: what has its name goes, if the mode says so. */
  #prepare(
    name: string,
    bits: number,
    isStorage: boolean,
  ): { readonly mode: Mode; readonly before: Element | undefined } {
    checkName(name);
    const mode = checkChildMode(bits, isStorage);
    this.#needWrite();
    this.#checkAccess(mode);
    const before = this.open.element.children.get(nameKey(name));
    if (before === undefined) return { mode, before };
    if (!mode.has(Stgm.CREATE | Stgm.CONVERT)) {
      throw new ComError(StgStatus.FILEALREADYEXISTS, `there is a "${name}" already`);
    }
    if (mode.has(Stgm.CREATE)) this.#remove(before);
    return { mode, before };
  }

  #remove(element: Element): void {
    this.open.children.get(element.key)?.lose();
    this.#touch().children.delete(element.key);
  }

  #add(element: Element): void {
    element.modified = 0n;
    if (element.isStorage) element.created = element.modified = this.session.now();
    this.#touch().children.set(element.key, element);
  }

  /** The mode says what happens to an element of that name: CREATE replaces it, else STG_E_FILEALREADYEXISTS. */
  CreateStream(
    pwcsName: string,
    grfMode: number,
    _reserved1: number,
    _reserved2: number,
  ): Awaitable<IStream | null> {
    const { mode } = this.#prepare(pwcsName, grfMode, false);
    const element = Element.stream(this.open.scope.token, pwcsName);
    this.#add(element);
    return this.#settle(() => this.#openStream(element, mode));
  }

  #openStream(element: Element, mode: Mode): IStream {
    const open = new OpenElement(this.open.scope, this.open, element);
    return pointerTo(new DocfileStream(new StreamUse(this.session, open, mode)), IStream);
  }

  OpenStream(
    pwcsName: string,
    _cbReserved1: number,
    _reserved1: Uint8Array | null,
    grfMode: number,
    _reserved2: number,
  ): Awaitable<IStream | null> {
    const mode = checkChildMode(grfMode, false);
    const element = this.#openable(pwcsName, mode, false);
    return this.#openStream(element, mode);
  }

  #openable(name: string, mode: Mode, isStorage: boolean): Element {
    if (mode.has(Stgm.CREATE | Stgm.CONVERT)) {
      throw new ComError(StgStatus.INVALIDFLAG, "CREATE and CONVERT are for creating");
    }
    this.#checkAccess(mode);
    const element = this.#freeElement(name);
    if (element.isStorage !== isStorage) {
      throw new ComError(
        StgStatus.FILENOTFOUND,
        `"${name}" is a ${element.isStorage ? "storage" : "stream"}`,
      );
    }
    return element;
  }

  CreateStorage(
    pwcsName: string,
    grfMode: number,
    _reserved1: number,
    _reserved2: number,
  ): Awaitable<IStorage | null> {
    this.#checkSimple("hold storages");
    const { mode, before } = this.#prepare(pwcsName, grfMode, true);
    const element = Element.storage(this.open.scope.token, pwcsName);
    if (before !== undefined && mode.has(Stgm.CONVERT)) this.#convert(element, before);
    this.#add(element);
    return this.#settle(() => this.#openStorage(element, mode));
  }

  #convert(element: Element, before: Element): void {
    if (before.isStorage)
      throw new ComError(StgStatus.FILEALREADYEXISTS, `"${before.name}" is a storage already`);
    this.#freeElement(before.name);
    const contents = Element.stream(element.token, contentsName);
    contents.content = before.content;
    element.children.set(contents.key, contents);
  }

  #openStorage(element: Element, mode: Mode): IStorage {
    const hook = new OpenElement(this.open.scope, this.open, element);
    return pointerTo(this.makeChild(hook, mode), IStorage);
  }

  protected makeChild(hook: OpenElement, mode: Mode): DocfileStorage {
    return new DocfileStorage(this.session, hook, mode);
  }

  OpenStorage(
    pwcsName: string | null,
    pstgPriority: IStorage | null,
    grfMode: number,
    snbExclude: RemSNB | null,
    _reserved: number,
  ): Awaitable<IStorage | null> {
    this.#checkSimple("hold storages");
    const mode = checkChildMode(grfMode, true);
    if (pwcsName === null || pstgPriority !== null || snbExclude !== null) {
      throw new ComError(
        StgStatus.INVALIDPARAMETER,
        "a child storage is opened by name, without a priority storage and exclusions",
      );
    }
    return this.#openStorage(this.#openable(pwcsName, mode, true), mode);
  }

  /**
   * Copies everything below into another storage, wherever that is: its class and state bits too; what is there of the same name is replaced
   * (streams) or merged with (storages). Without streams or storages, when IStream or IStorage are excluded, and without the named elements.
   */
  async CopyTo(
    _ciidExclude: number,
    rgiidExclude: readonly Guid[] | null,
    snbExclude: RemSNB | null,
    pstgDest: IStorage | null,
  ): Promise<void> {
    this.#checkSimple("copy itself");
    this.open.check();
    if (pstgDest === null) throw new ComError(StgStatus.INVALIDPOINTER, "there is no storage to copy to");
    if (isWithin(pstgDest, this.open)) throw accessDenied("a storage is not copied into itself");
    await copyStorage(this.session, this.open.element, pstgDest, rgiidExclude ?? [], snbExclude);
    await this.#settle(() => undefined);
  }

  /** Moves (or, with STGMOVE_COPY, copies) an element into another storage, where nothing of that name may be. */
  async MoveElementTo(
    pwcsName: string,
    pstgDest: IStorage | null,
    pwcsNewName: string,
    grfFlags: number,
  ): Promise<void> {
    this.#checkSimple("move elements");
    checkName(pwcsNewName);
    const copies = (grfFlags & 1) !== 0;
    if (!copies) this.#needWrite();
    const element = this.#freeElement(pwcsName);
    if (pstgDest === null) throw new ComError(StgStatus.INVALIDPOINTER, "there is no storage to move to");
    if (element.isStorage && isWithin(pstgDest, this.open, element))
      throw accessDenied("a storage is not moved into itself");
    await copyElement(this.session, element, pstgDest, pwcsNewName);
    if (!copies) this.#remove(element);
    await this.#settle(() => undefined);
  }

  /** A transacted storage's changes go to its parent, a root's into the file. A direct root's file is brought up to date. */
  Commit(grfCommitFlags: number): Awaitable<void> {
    this.#needWrite();
    if ((grfCommitFlags & ~0xf) !== 0)
      throw new ComError(StgStatus.INVALIDFLAG, "the commit flags have bits without a meaning");
    const scope = this.#own ?? this.open.scope;
    const { shared } = this.session;
    if (scope.up === undefined) shared.checkPriority(this.session);
    if (this.#own !== undefined || scope.direct) scope.commit(grfCommitFlags);
    if (scope.up === undefined) shared.publish();
    if (scope.up?.scope.direct === true) this.session.flushDirect();
    return this.#settle(() => undefined);
  }

  /** A transacted storage forgets what was not committed; whatever is open below is lost. Direct ones have nothing to forget. */
  Revert(): Awaitable<void> {
    this.#checkSimple("revert");
    this.open.check();
    if (this.#own !== undefined && !this.#own.direct) this.#own.revert();
    return this.#settle(() => undefined);
  }

  EnumElements(
    _reserved1: number,
    _cbReserved2: number,
    _reserved2: Uint8Array | null,
    _reserved3: number,
  ): Awaitable<IEnumSTATSTG | null> {
    this.open.check();
    const sorted = [...this.open.element.children.values()].toSorted((a, b) => compareKeys(a.key, b.key));
    const elements = sorted.map((element) => statOf(element, element.name, 0));
    return pointerTo(new EnumList(elements, IEnumSTATSTG), IEnumSTATSTG);
  }

  DestroyElement(pwcsName: string): Awaitable<void> {
    this.#checkSimple("destroy elements");
    this.#needWrite();
    this.#remove(this.#element(pwcsName));
    return this.#settle(() => undefined);
  }

  RenameElement(pwcsOldName: string, pwcsNewName: string): Awaitable<void> {
    this.#checkSimple("rename elements");
    checkName(pwcsNewName);
    this.#needWrite();
    const element = this.#freeElement(pwcsOldName);
    const key = nameKey(pwcsNewName);
    if (key !== element.key && this.open.element.children.has(key)) {
      throw new ComError(StgStatus.ACCESSDENIED, `there is a "${pwcsNewName}" already`);
    }
    const renamed = element.copy(this.open.scope.token);
    renamed.name = pwcsNewName;
    const { children } = this.#touch();
    children.delete(element.key);
    children.set(key, renamed);
    return this.#settle(() => undefined);
  }

  /** Of storages only: the format has no times for streams, and none of creation for the root. Without a name it is this storage. */
  SetElementTimes(
    pwcsName: string | null,
    pctime: FILETIME | null,
    _patime: FILETIME | null,
    pmtime: FILETIME | null,
  ): Awaitable<void> {
    this.#checkSimple("set times");
    this.#needWrite();
    const open =
      pwcsName === null
        ? this.open
        : new OpenElement(this.open.scope, this.open, this.#freeElement(pwcsName));
    try {
      if (!open.element.isStorage) return undefined;
      const element = open.edit();
      if (pctime !== null && open.parent !== undefined) element.created = joinFiletime(pctime);
      if (pmtime !== null) element.modified = joinFiletime(pmtime);
    } finally {
      if (open !== this.open) open.close();
    }
    return this.#settle(() => undefined);
  }

  SetClass(clsid: Guid): Awaitable<void> {
    this.#needWrite();
    this.#touch().clsid = clsid;
    return this.#settle(() => undefined);
  }

  SetStateBits(grfStateBits: number, grfMask: number): Awaitable<void> {
    this.#needWrite();
    const element = this.#touch();
    element.stateBits = ((element.stateBits & ~grfMask) | (grfStateBits & grfMask)) >>> 0;
    return this.#settle(() => undefined);
  }

  Stat(grfStatFlag: number): Awaitable<STATSTG> {
    this.open.check();
    const { element } = this.open;
    const isRoot = this.#hook === undefined;
    const name = isRoot ? (this.session.path ?? null) : element.name;
    const times = isRoot ? this.session.times : undefined;
    const stat = statOf(element, grfStatFlag === noName ? null : name, this.mode.bits);
    return times === undefined ? stat : { ...stat, ...makeFileTimes(times) };
  }

  #settle<T>(make: () => T): Awaitable<T> {
    return this.session.settle(make());
  }

  /** IPropertySetStorage: the properties of a format, in an element of this storage. */
  Create(rfmtid: Guid, pclsid: Guid | null, grfFlags: number, grfMode: number): Promise<IPropertyStorage> {
    return createPropertySet(this, rfmtid, pclsid, grfFlags, grfMode);
  }

  Open(rfmtid: Guid, grfMode: number): Promise<IPropertyStorage> {
    return openPropertySet(this, rfmtid, grfMode);
  }

  Delete(rfmtid: Guid): Promise<void> {
    return deletePropertySet(this, rfmtid);
  }

  Enum(): Promise<IEnumSTATPROPSETSTG> {
    return enumPropertySets(this);
  }

  /** A new stream with bytes in it. */
  addContents(name: string, bytes: Uint8Array): void {
    const element = Element.stream(this.open.scope.token, name);
    this.#add(element);
    const open = new OpenElement(this.open.scope, this.open, element);
    new StreamData(open).write(0, bytes);
    open.close();
  }

  /** The last reference is gone: what is open below is lost; a root closes the file. */
  finalRelease(): void | Promise<void> {
    if (this.#hook === undefined) return this.session.close();
    this.open.loseChildren();
    if (this.#own !== undefined) this.#own.close();
    this.#hook.close();
  }
}

function makeFileTimes(times: {
  readonly created: bigint;
  readonly accessed: bigint;
}): Pick<STATSTG, "ctime" | "atime"> {
  const { ctime, atime } = makeStat({ name: null, type: 0, ...times });
  return { ctime, atime };
}

function statOf(element: Element, name: string | null, mode: number): STATSTG {
  return makeStat({
    name,
    type: element.isStorage ? Stgty.STORAGE : Stgty.STREAM,
    size: element.content?.size ?? 0,
    modified: element.modified,
    created: element.created,
    mode,
    clsid: element.clsid,
    stateBits: element.stateBits,
  });
}
