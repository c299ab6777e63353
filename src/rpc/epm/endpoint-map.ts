import { ComError, GUID_NULL, type Guid, HResult } from "../../base/index.ts";
import { type SyntaxId, sameSyntax } from "../pdu/syntax.ts";
import type { Tower } from "./tower.ts";

/** One registration: an interface (of an object) at an endpoint. */
export interface EndpointEntry {
  /** The nil GUID for any object. */
  readonly object: Guid;
  readonly tower: Tower;
  /** For people; 63 characters at most. */
  readonly annotation: string;
}

/** What a lookup compares ([C706] 3.1.14.1, rpc_mgmt_ep_elt_inq_begin). */
export interface EndpointQuery {
  readonly syntax?: SyntaxId;
  readonly object?: Guid;
  /** How versions are compared. Default: all. */
  readonly versions?: VersionMatch;
}

export type VersionMatch = "all" | "compatible" | "exact" | "majorOnly" | "upTo";

/** More registrations than any machine has. */
const MOST_ENTRIES = 50_000;

/** The endpoints of one machine. */
export class EndpointMap {
  readonly #entries: EndpointEntry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /**
   * Adds entries; an equal one is not doubled. `replace` first takes out entries of the same interface, object and protocol. Dispose
   * to remove what was added (RpcEpRegister).
   */
  insert(entries: readonly EndpointEntry[], replace = false): Disposable {
    if (this.#entries.length + entries.length > MOST_ENTRIES) {
      throw new ComError(HResult.E_OUTOFMEMORY, `more than ${MOST_ENTRIES} endpoints`, {
        gate: "endpoint map",
      });
    }
    for (const entry of entries) {
      if (replace) this.#remove((other) => sameTarget(other, entry));
      this.#remove((other) => sameEntry(other, entry));
      this.#entries.push(entry);
    }
    return { [Symbol.dispose]: () => this.#remove((other) => entries.includes(other)) };
  }

  /** Removes equal entries; true when every one was there. */
  delete(entries: readonly EndpointEntry[]): boolean {
    let all = true;
    for (const entry of entries) {
      const before = this.#entries.length;
      this.#remove((other) => sameEntry(other, entry));
      all &&= this.#entries.length < before;
    }
    return all;
  }

  #remove(drop: (entry: EndpointEntry) => boolean): void {
    const kept = this.#entries.filter((entry) => !drop(entry));
    this.#entries.splice(0, this.#entries.length, ...kept);
  }

  /** All entries that a query matches. */
  lookup(query: EndpointQuery = {}): EndpointEntry[] {
    return this.#entries.filter(
      (entry) =>
        (query.object === undefined || entry.object === query.object) &&
        (query.syntax === undefined ||
          versionFits(entry.tower.syntax, query.syntax, query.versions ?? "all")),
    );
  }

  /**
   * The entries a client can use that wants `tower`: its interface in a compatible version, its encoding, its protocol. Entries for the
   * object come alone; without any, those for every object count.
   */
  map(tower: Tower, object: Guid = GUID_NULL): EndpointEntry[] {
    const usable = this.#entries.filter(
      ({ tower: known }) =>
        known.protseq === tower.protseq &&
        sameSyntax(known.transferSyntax, tower.transferSyntax) &&
        versionFits(known.syntax, tower.syntax, "compatible"),
    );
    const own = usable.filter((entry) => entry.object === object);
    return own.length > 0 ? own : usable.filter((entry) => entry.object === GUID_NULL);
  }
}

function versionFits(known: SyntaxId, wanted: SyntaxId, match: VersionMatch): boolean {
  if (known.uuid !== wanted.uuid) return false;
  const [major, minor] = known.version;
  const [wantedMajor, wantedMinor] = wanted.version;
  const fits: Record<VersionMatch, boolean> = {
    all: true,
    compatible: major === wantedMajor && minor >= wantedMinor,
    exact: major === wantedMajor && minor === wantedMinor,
    majorOnly: major === wantedMajor,
    upTo: major < wantedMajor || (major === wantedMajor && minor <= wantedMinor),
  };
  return fits[match];
}

function sameTarget(a: EndpointEntry, b: EndpointEntry): boolean {
  return (
    a.object === b.object && a.tower.protseq === b.tower.protseq && sameSyntax(a.tower.syntax, b.tower.syntax)
  );
}

function sameEntry(a: EndpointEntry, b: EndpointEntry): boolean {
  return sameTarget(a, b) && a.tower.endpoint === b.tower.endpoint && a.tower.host === b.tower.host;
}
