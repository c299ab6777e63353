export type Transport = "unix" | "tcp";
/** small: two i32 in, one out. large: 64 KiB there and back. */
export type Kind = "small" | "large";

export interface Caller {
  /** Runs `outstanding` calls at a time until `milliseconds` have passed; answers the number completed. */
  run(kind: Kind, outstanding: number, milliseconds: number): Promise<number>;
  close(): Promise<void> | void;
}

/** One way to call another process. */
export interface Contender {
  readonly name: string;
  readonly transports: readonly Transport[];
  /** Serves on a Unix path, or on 127.0.0.1 (a free port; the address is answered). */
  serve(transport: Transport, path: string): Promise<string>;
  connect(transport: Transport, address: string): Promise<Caller>;
}

/** A caller made of two functions that answer promises. */
export function promiseCaller(
  small: (a: number, b: number) => PromiseLike<number>,
  large: (body: Uint8Array) => PromiseLike<{ readonly length: number }>,
  close: () => Promise<void> | void,
): Caller {
  return {
    close,
    async run(kind, outstanding, milliseconds) {
      const body = new Uint8Array(65_536).fill(7);
      const end = performance.now() + milliseconds;
      let done = 0;
      const worker = async (): Promise<void> => {
        for (let i = 0; ; i++) {
          if (kind === "small") {
            if ((await small(i & 0xffff, 1)) !== (i & 0xffff) + 1) throw new Error("a wrong sum");
          } else if ((await large(body)).length !== body.length) throw new Error("a wrong length");
          done++;
          // Looking at the clock costs; once in 16 is often enough.
          if ((i & 15) === 0 && performance.now() >= end) return;
        }
      };
      await Promise.all(Array.from({ length: outstanding }, worker));
      return done;
    },
  };
}
