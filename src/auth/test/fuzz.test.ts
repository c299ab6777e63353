import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, fromHex } from "../../base/index.ts";
import {
  decodeAuthenticate,
  decodeAvPairs,
  decodeChallenge,
  decodeClientChallenge,
  decodeNegotiate,
  decodeSpnego,
  ntlmClient,
  spnegoClient,
  spnegoServer,
} from "../index.ts";
import { logon, serverOf } from "./support.ts";
import { hostile, mthelena } from "./vectors/hostile.ts";
import { samba } from "./vectors/samba.ts";
import { a1, a4, c2 } from "./vectors/windows.ts";

const seeds = [a4.rawConnect, a4.spnegoConnect, a1, c2, mthelena, hostile]
  .flatMap((set): string[] => Object.values(set))
  .concat(samba.init, samba.authenticate)
  .map((hex) => fromHex(hex));

/** Real tokens with some bytes changed, cut or repeated. */
const mutant = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.nat(400), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x30, 0xa0)), { maxLength: 6 }),
    fc.nat(600),
  )
  .map(([seed, changes, length]) => {
    const bytes = seed.slice(0, Math.max(1, length));
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  });
const anything = fc.oneof(mutant, fc.uint8Array({ maxLength: 200 }));

const decoders = {
  decodeNegotiate,
  decodeChallenge,
  decodeAuthenticate,
  decodeAvPairs,
  decodeClientChallenge,
  decodeSpnego,
};

test("fuzz: every decoder ends in a value or a ComError that says bad token", () => {
  for (const [name, decode] of Object.entries(decoders)) {
    fc.assert(
      fc.property(anything, (bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          assert.ok(error instanceof ComError, `${name}: ${String(error)}`);
          assert.equal(error.code, 0x80090308, name);
        }
      }),
      { numRuns: 1500 },
    );
  }
});

test("fuzz: a server fed with mutants refuses them all and lets a good client in", async () => {
  const server = spnegoServer([serverOf({ allowNtlm1: true, allowLm2: true })]);
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 3 }), async (tokens) => {
      const context = server.createContext({ level: 5 });
      for (const token of tokens) {
        try {
          await context.step(token);
        } catch (error) {
          assert.ok(error instanceof ComError, String(error));
        }
      }
      assert.equal(context.complete, false);
      assert.equal(context.identity, undefined);
    }),
    { numRuns: 600 },
  );
  await logon(spnegoClient([ntlmClient({ user: "User", password: "Password" })]), server, 6);
});

test("fuzz: a client fed with mutants in place of challenges never completes a negotiation", async () => {
  const client = spnegoClient([ntlmClient({ user: "User", password: "Password" })]);
  await fc.assert(
    fc.asyncProperty(anything, anything, async (first, second) => {
      const context = client.createContext({ level: 5 });
      await context.step();
      for (const token of [first, second]) {
        try {
          await context.step(token);
        } catch (error) {
          assert.ok(error instanceof ComError, String(error));
        }
      }
      assert.equal(context.complete, false);
    }),
    { numRuns: 600 },
  );
});
