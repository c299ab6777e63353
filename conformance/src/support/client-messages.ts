import type { Credentials } from "comity";

export interface ClientOptions {
  readonly home: string;
  readonly machine?: string;
  readonly credentials: Credentials;
  /** How many clients the process plays. */
  readonly runtimes: number;
  readonly context?: number;
}

/** What a client process is told. Each is answered with a number. */
export type Command = { readonly id: number } & (
  | { readonly kind: "open"; readonly options: ClientOptions }
  /** Each client asks for that many more objects; answers how many there are. */
  | { readonly kind: "spawn"; readonly count: number }
  /** Calls every object; answers how many did not answer right. */
  | { readonly kind: "call" }
  /** Gives everything back and ends. */
  | { readonly kind: "close" }
);

export interface Answer {
  readonly id: number;
  readonly value?: number;
  readonly error?: string;
}
