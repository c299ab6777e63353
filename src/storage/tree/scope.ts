import { ComError, bytesEqual } from "../../base/index.ts";
import { commit } from "../cfb/commit.ts";
import { headerBytes } from "../cfb/header.ts";
import type { Volume } from "../cfb/volume.ts";
import { StgStatus } from "../status.ts";
import { OpenElement } from "./open-element.ts";

/** Flags of a commit (STGC). */
export const Stgc = {
  DEFAULT: 0,
  OVERWRITE: 1,
  ONLYIFCURRENT: 2,
  DANGEROUSLYCOMMITMERELYTODISKCACHE: 4,
  CONSOLIDATE: 8,
} as const;

/**
 * A transaction: a view of a tree in which changes stay until they are committed to the view above, or, from the topmost, to the file. What was there
 * when it began is shared, and copied where it is changed.
 */
export class Scope {
  readonly volume: Volume;
  /** Where this scope hangs in the one above; undefined for the topmost. */
  readonly up: OpenElement | undefined;
  readonly root: OpenElement;
  /** What is marked with it may be changed in place. A commit ends it: then all is shared again. */
  token: number;
  /** Changes go to the file without being asked to, and large streams are written over in place. */
  readonly direct: boolean;
  #version: number;
  #open = true;

  constructor(volume: Volume, up: OpenElement | undefined, direct: boolean) {
    this.volume = volume;
    this.up = up;
    this.direct = direct;
    this.token = volume.newToken();
    this.#version = volume.version;
    this.root = new OpenElement(this, undefined, up === undefined ? volume.root : up.element);
    if (up === undefined && !direct) volume.past.hold(this.#version);
  }

  /** Whether a sector of the medium may be written over. */
  get overwrites(): boolean {
    return this.direct && this.up === undefined && !this.volume.past.hasReaders;
  }

  get changed(): boolean {
    return this.root.element !== (this.up === undefined ? this.volume.root : this.up.element);
  }

  /** Brings the changes one level up. Throws STG_E_NOTCURRENT when that level moved on and `flags` say not to mind only then. */
  commit(flags: number): void {
    if (this.up === undefined) this.#commitToFile(flags);
    else this.#commitUp(this.up);
    this.token = this.volume.newToken();
  }

  #commitUp(up: OpenElement): void {
    up.replace(this.root.element);
    this.volume.map.hand(this.token, up.scope.token);
  }

  #commitToFile(flags: number): void {
    const { volume } = this;
    if ((flags & Stgc.ONLYIFCURRENT) !== 0 && volume.version !== this.#version) {
      throw new ComError(StgStatus.NOTCURRENT, "somebody else committed since this storage was opened");
    }
    if (!this.changed) return;
    this.#checkMedium();
    const durable = (flags & Stgc.DANGEROUSLYCOMMITMERELYTODISKCACHE) === 0;
    commit(volume, this.root.element, this.token, { counts: !this.direct, durable });
    this.#moveTo(volume.version);
    volume.past.settle(volume);
    try {
      volume.trim();
    } catch {
      // The commit is done; what hangs over the end does no harm.
    }
  }

  /** Another process may have written the file: what we would write fits only what we read. */
  #checkMedium(): void {
    const { volume } = this;
    // Whoever writes has the sectors mapped, and a torn header mended.
    void volume.map;
    volume.store.refresh?.();
    const now = new Uint8Array(headerBytes);
    volume.store.read(0, now);
    // The header tells of most commits, the root's entry of those that put everything where it was.
    const same = bytesEqual(now, volume.headerImage) && volume.directory.isCurrent();
    if (!same) {
      throw new ComError(StgStatus.NOTCURRENT, "the file was changed by another program since it was opened");
    }
  }

  #moveTo(version: number): void {
    if (this.direct) return;
    this.volume.past.hold(version);
    this.volume.past.unhold(this.#version, this.volume);
    this.#version = version;
  }

  /** Forgets the changes; who had something open below has it no longer. */
  revert(): void {
    this.root.loseChildren();
    this.volume.dropAll(this.token);
    this.token = this.volume.newToken();
    if (this.up !== undefined) {
      this.root.element = this.up.element;
      return;
    }
    this.root.element = this.volume.root;
    this.#moveTo(this.volume.version);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.root.lose();
    this.volume.dropAll(this.token);
    if (this.up === undefined && !this.direct) this.volume.past.unhold(this.#version, this.volume);
  }
}
