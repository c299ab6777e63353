import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type AuthenticationLevel,
  type ClientMechanism,
  ntHash,
  ntlmClient,
  ntlmServer,
  spnegoClient,
  spnegoServer,
} from "../../auth/index.ts";
import { HResult } from "../../base/index.ts";
import { Association, RpcServer, tcpTransport } from "../index.ts";
import { ECHO, Echo, OTHER, bytesOf, nothing, raw, rest, text } from "./echo.ts";
import { assertNothingLeft } from "./leaks.ts";

const ann = { name: "ann", ntHash: ntHash("secret") };
const ntlm = ntlmServer({
  accounts: { lookup: (_domain, user) => Promise.resolve(user.toLowerCase() === "ann" ? ann : undefined) },
  machineName: "PLC7",
});

async function setUp() {
  const server = new RpcServer({ mechanisms: [ntlm, spnegoServer([ntlm])] });
  server.register(ECHO, new Echo(2));
  server.register(OTHER, new Echo());
  const endpoint = await server.listen(tcpTransport);
  const client = await Association.connect(endpoint, { transports: [tcpTransport] });
  return { server, client };
}

const credentials = { user: "ann", password: "secret", domain: "PLC7" };
const kinds: readonly (readonly [string, (password?: string) => ClientMechanism])[] = [
  ["NTLM", (password = "secret") => ntlmClient({ ...credentials, password })],
  ["SPNEGO", (password = "secret") => spnegoClient([ntlmClient({ ...credentials, password })])],
];

suite("real mechanisms over TCP", () => {
  for (const [name, make] of kinds) {
    for (const level of [2, 4, 5, 6] as AuthenticationLevel[]) {
      test(`${name} at level ${level}, several interfaces, both fragment directions`, async () => {
        const { server, client } = await setUp();
        const mechanism = make();
        const binding = await client.bind(ECHO, { mechanism, level });
        assert.equal(await binding.call(6, undefined, nothing, text), `ann ${level}`);
        for (const size of [0, 1, 100, 20_000, 300_000]) {
          const sent = bytesOf(size);
          const got = await Promise.all(
            [1, 2].map((opnum) => binding.call(opnum, bytesOf(16), raw(sent), rest)),
          );
          for (const bytes of got) assert.ok(Buffer.from(bytes).equals(sent), `${size} bytes`);
        }
        const other = await client.bind(OTHER, { mechanism, level });
        assert.equal(other.security, binding.security);
        if (level >= 5) assert.equal(await other.call(6, undefined, nothing, text), `ann ${level}`);
        else await assert.rejects(other.call(6, undefined, nothing, text), { code: HResult.E_ACCESSDENIED });
        client.close();
        await assertNothingLeft(server);
      });
    }

    test(`${name}: a wrong password`, async () => {
      const { server, client } = await setUp();
      const call = async (): Promise<string> => {
        const binding = await client.bind(ECHO, { mechanism: make("wrong"), level: 5 });
        return binding.call(6, undefined, nothing, text);
      };
      await assert.rejects(call(), { code: HResult.E_ACCESSDENIED, remote: true });
      await client.closed;
      await assertNothingLeft(server);
    });
  }

  test("raw NTLM and SPNEGO side by side on one connection, many contexts", async () => {
    const { server, client } = await setUp();
    const bindings = [];
    for (let i = 0; i < 10; i++) {
      for (const [, make] of kinds)
        bindings.push(await client.bind(ECHO, { mechanism: make(), level: i % 2 === 0 ? 5 : 6 }));
    }
    assert.equal(new Set(bindings.map((binding) => binding.security?.contextId)).size, 20);
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all(
        bindings.map((binding) => binding.call(1, undefined, raw(bytesOf(9000)), rest)),
      );
      for (const got of all) assert.ok(Buffer.from(got).equals(bytesOf(9000)));
    }
    client.close();
    await assertNothingLeft(server);
  });
});
