/** A handle that was never released, and where it was made. */
export interface Leak {
  /** The interface of the handle. */
  readonly interface: string;
  /** The stack of the call that made it. */
  readonly site: string;
  /** True when the handle was garbage before anyone released it; false when it still lives. */
  readonly collected: boolean;
}

/**
 * Watches interface pointers from birth to release and reports those that are never released, with the call site. A diagnostic: it costs a stack
 * trace per pointer, so it is off unless asked for, and it never releases anything itself.
 */
export class LeakDetector {
  readonly #report: (leak: Leak) => void;
  readonly #live = new Map<object, { readonly name: string; readonly site: string }>();
  readonly #registry = new FinalizationRegistry<object>((token) => this.#collected(token));

  constructor(report: (leak: Leak) => void) {
    this.#report = report;
  }

  /** A new handle; answers the token that {@link released} wants. */
  born(handle: object, name: string): object {
    const token = {};
    const holder = { stack: "" };
    Error.captureStackTrace(holder);
    this.#live.set(token, { name, site: trimStack(holder.stack) });
    this.#registry.register(handle, token, token);
    return token;
  }

  released(token: object): void {
    this.#live.delete(token);
    this.#registry.unregister(token);
  }

  /** Handles alive now. */
  get outstanding(): readonly Leak[] {
    return [...this.#live.values()].map(({ name, site }) => ({ interface: name, site, collected: false }));
  }

  #collected(token: object): void {
    const entry = this.#live.get(token);
    if (entry === undefined) return;
    this.#live.delete(token);
    this.#report({ interface: entry.name, site: entry.site, collected: true });
  }
}

/** The frames of the user's own code: those of this layer are passed over. */
function trimStack(stack: string): string {
  const frames = stack.split("\n").slice(1);
  const first = frames.findIndex(
    (frame) => !/[/\\]com[/\\](?:pointer[/\\]|identity|runtime|leaks)/.test(frame),
  );
  return frames
    .slice(Math.max(0, first), Math.max(0, first) + 8)
    .map((frame) => frame.trim())
    .join("\n");
}
