import type { Clock } from "./clock.ts";
import { type Logger, silentLogger } from "./logger.ts";

export interface QuietOptions {
  /** Lines of one kind (with the same message) that are written within one window. Default 20. */
  readonly lines?: number;
  /** Milliseconds. Default 10,000. */
  readonly window?: number;
}

interface Kind {
  written: number;
  suppressed: number;
  /** The last fields that were not written. */
  last: object;
}

/** Kinds told apart within one window; further ones count as one. */
const MOST_KINDS = 64;

/**
 * A logger for what strangers can cause: within a window only the first warnings and errors of each kind are written, and at its end one line says how many
 * more there were. Stops a stranger from filling the disk, and from hiding one line among a million. `debug` and `info` pass.
 */
export function quietLogger(logger: Logger, clock: Clock, options: QuietOptions = {}): Logger {
  const { lines = 20, window = 10_000 } = options;
  if (logger === silentLogger) return logger;
  const kinds = new Map<string, Kind>();
  let running = false;
  const summarize = (): void => {
    running = false;
    for (const [message, { suppressed, last }] of kinds) {
      if (suppressed === 0) continue;
      logger.warn({ ...last, suppressed }, `${message} (${suppressed} more like this were not logged)`);
    }
    kinds.clear();
  };
  const pass = (level: "warn" | "error", fields: object, message: string): void => {
    const known = kinds.has(message) || kinds.size < MOST_KINDS ? message : "other messages";
    let kind = kinds.get(known);
    if (kind === undefined) kinds.set(known, (kind = { written: 0, suppressed: 0, last: fields }));
    if (!running) {
      running = true;
      clock.after(window, summarize);
    }
    if (kind.written < lines) {
      kind.written++;
      logger[level](fields, message);
    } else {
      kind.suppressed++;
      kind.last = fields;
    }
  };
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => pass("warn", fields, message),
    error: (fields, message) => pass("error", fields, message),
  };
}
