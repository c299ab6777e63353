import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { homeFolder } from "../../com/index.ts";
import { storageError } from "../bytes/file-store.ts";
import { StgStatus } from "../status.ts";
import { lives, ownMark } from "./process-mark.ts";

/** Somebody else's claim on a file. */
export interface Claim {
  /** Number of the process. */
  readonly pid: number;
  /** What is claimed. */
  readonly text: string;
}

/** A claim younger than this may be given up again at once: two who came at the same time both step back and try once more. */
const settledAfter = 100;
const attempts = 8;

let count = 0;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * What the processes of a machine claim of one file: a folder with an empty file for each claim, which says everything in its name. Whoever claims
 * something first says so and then looks what others claim, so that of two who do not agree at least one notices. A claim whose process is gone is
 * taken away by the next who looks.
 */
export class Claims {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Claims something; answers how to give it back, or whose claim is in the way. Throws when there is no place to say so: STG_E_DISKISWRITEPROTECTED, STG_E_MEDIUMFULL, STG_E_ACCESSDENIED. */
  claim(text: string, clashes: (other: Claim) => boolean): Disposable | Claim {
    for (let attempt = 1; ; attempt++) {
      const name = `${ownMark}-${++count}.${text}`;
      this.#create(name);
      const other = this.#find(clashes);
      if (other === undefined) return { [Symbol.dispose]: () => this.#remove(name) };
      this.#remove(name);
      if (attempt === attempts || other.settled) return other.claim;
      Atomics.wait(pause, 0, 0, 1 + Math.random() * 2 ** attempt);
    }
  }

  /** The first claim of others that clashes. */
  find(clashes: (other: Claim) => boolean): Claim | undefined {
    return this.#find(clashes)?.claim;
  }

  #find(
    clashes: (other: Claim) => boolean,
  ): { readonly claim: Claim; readonly settled: boolean } | undefined {
    for (const name of this.#names()) {
      const dot = name.indexOf(".");
      const mark = name.slice(0, name.lastIndexOf("-", dot));
      if (mark === ownMark) continue;
      const claim = { pid: Number(mark.split("-")[1]), text: name.slice(dot + 1) };
      if (!clashes(claim)) continue;
      const alive = lives(mark);
      if (alive === true) return { claim, settled: this.#isSettled(name) };
      if (alive === false) this.#remove(name);
    }
    return undefined;
  }

  #names(): string[] {
    try {
      if (statSync(this.#folder, { throwIfNoEntry: false }) === undefined) return [];
      return readdirSync(this.#folder);
    } catch {
      return []; // The last one just left, or it is not ours to look at.
    }
  }

  #isSettled(name: string): boolean {
    const stat = statSync(join(this.#folder, name), { throwIfNoEntry: false });
    return stat !== undefined && Date.now() - stat.mtimeMs > settledAfter;
  }

  /** The last who goes takes the folder away: it may have to be made once more. */
  #create(name: string): void {
    for (let attempt = 1; ; attempt++) {
      try {
        mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
        closeSync(openSync(join(this.#folder, name), "wx", 0o600));
        return;
      } catch (error) {
        const cause = storageError(error, this.#folder);
        if (attempt === attempts || cause.code !== StgStatus.FILENOTFOUND) throw cause;
      }
    }
  }

  #remove(name: string): void {
    try {
      unlinkSync(join(this.#folder, name));
      rmdirSync(this.#folder);
    } catch {
      // Somebody was faster, or others are left.
    }
  }
}

/** What the processes of a machine claim of a file (by device and inode); undefined where there is no machine: no home was ever opened. */
export function claimsOn(file: string, home: string | undefined): Claims | undefined {
  const folder = homeFolder(home);
  return existsSync(folder) ? new Claims(join(folder, "open-files", file.replace(":", "-"))) : undefined;
}
