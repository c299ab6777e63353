/** Limits on type libraries that come from outside. */
export interface TypeLibLimits {
  /** Largest file, and largest library in it, bytes. Stops a file from filling memory. */
  readonly maxBytes: number;
  /** Most types of one library. */
  readonly maxTypes: number;
  /** Deepest nesting of pointers and arrays in one type. Stops descriptions that lead in a circle. */
  readonly maxDepth: number;
  /** Most functions, variables, parameters and references of one library together. Stops tables that overlap many times over. */
  readonly maxMembers: number;
}

export const typeLibLimits: TypeLibLimits = {
  maxBytes: 64 * 1024 * 1024,
  maxTypes: 65_535,
  maxDepth: 64,
  maxMembers: 1_000_000,
};

/** Counts what was read against a limit. */
export class Budget {
  #left: number;
  readonly #what: string;
  readonly #refuse: (message: string) => Error;

  constructor(most: number, what: string, refuse: (message: string) => Error) {
    this.#left = most;
    this.#what = what;
    this.#refuse = refuse;
  }

  spend(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw this.#refuse(`more ${this.#what} than allowed`);
  }
}
