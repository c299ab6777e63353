import type { GuessLimits } from "comity/auth";

/** A fuzzer proves itself wrongly a thousand times, with the account and from the address of the client that must be served meanwhile. */
export const noGuessLimits: GuessLimits = { perAccount: 1_000_000, perAddress: 1_000_000, window: 1000 };
