import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ByteReader, ComError, GUID_NULL, HResult, fromHex, guid, toHex } from "../../base/index.ts";
import { methodCodec, plainContext } from "../../ndr/index.ts";
import {
  Association,
  type EndpointEntry,
  EndpointMap,
  EndpointMapperClient,
  MemoryTransport,
  RpcServer,
  bindInterface,
  decodeTower,
  encodeTower,
  epm,
  formatStringBinding,
  mgmt,
  parseStringBinding,
  registerEndpointMapper,
  registerManagement,
  tcpTransport,
  towerOf,
} from "../index.ts";
import { ECHO, Echo, OTHER } from "./echo.ts";
import { assertNothingLeft } from "./leaks.ts";

const entry = (syntax: typeof ECHO, port: string, annotation = "", object = GUID_NULL): EndpointEntry => ({
  object,
  tower: towerOf(syntax, "ncacn_ip_tcp", port, "127.0.0.1"),
  annotation,
});

suite("towers", () => {
  test("a tower of a Windows server", () => {
    // ept_map response for the Netlogon interface, from capture A4.
    const octets = fromHex(
      `0500 1300 0d 785634123412cdabef0001234567cffb 0100 0200 0000
       1300 0d 045d888aeb1cc9119fe808002b104860 0200 0200 0000
       0100 0b 0200 0000  0100 07 0200 c203  0100 09 0400 ac122605`,
    );
    const tower = decodeTower(octets);
    assert.deepEqual(tower, {
      syntax: { uuid: "12345678-1234-abcd-ef00-01234567cffb", version: [1, 0] },
      transferSyntax: { uuid: "8a885d04-1ceb-11c9-9fe8-08002b104860", version: [2, 0] },
      protseq: "ncacn_ip_tcp",
      endpoint: "49667",
      host: "172.18.38.5",
    });
    assert.ok(tower !== undefined);
    assert.equal(toHex(encodeTower(tower)), toHex(octets));
  });

  test("the whole answer of that server", () => {
    const methods = epm.methods.find((method) => method.name === "ept_map");
    assert.ok(methods !== undefined);
    const stub =
      fromHex(`0000000000000000000000000000000000000000 02000000 04000000 00000000 02000000 03000000 04000000
      4b000000 4b000000 0500 1300 0d 785634123412cdabef0001234567cffb 0100 0200 0000
        1300 0d 045d888aeb1cc9119fe808002b104860 0200 0200 0000
        0100 0b 0200 0000 0100 07 0200 c20a 0100 09 0400 ac122605 00
      4b000000 4b000000 0500 1300 0d 785634123412cdabef0001234567cffb 0100 0200 0000
        1300 0d 045d888aeb1cc9119fe808002b104860 0200 0200 0000
        0100 0b 0200 0000 0100 07 0200 c203 0100 09 0400 ac122605 00 00000000`);
    const args = [null, null, { attributes: 0, uuid: GUID_NULL }, 4];
    const answer = methodCodec(methods).decodeResponse(new ByteReader(stub), args, plainContext, { code: 0 });
    const { towers, status } = answer as Awaited<ReturnType<epm["ept_map"]>>;
    assert.equal(status, 0);
    assert.deepEqual(
      towers.map((tower) => tower && decodeTower(tower.tower_octet_string)?.endpoint),
      ["49674", "49667"],
    );
  });

  test("other protocols go there and back, unknown ones are passed over", () => {
    for (const [protseq, endpoint, host] of [
      ["ncalrpc", "/run/x.sock", ""],
      ["ncacn_np", String.raw`\pipe\epmapper`, "PLC7"],
      ["ncadg_ip_udp", "135", "10.0.0.1"],
    ] as const) {
      const tower = towerOf(ECHO, protseq, endpoint, host);
      assert.deepEqual(decodeTower(encodeTower(tower)), tower);
    }
    const odd = encodeTower(towerOf(ECHO, "ncacn_ip_tcp", "1", ""));
    odd[2 + 25 + 25 + 2] = 0x7f;
    assert.equal(decodeTower(odd), undefined);
    assert.throws(() => decodeTower(odd.subarray(0, 30)), ComError);
  });
});

suite("string bindings", () => {
  for (const text of [
    "ncacn_ip_tcp:plc-7[135]",
    "3c4728c5-f0ab-448b-bda1-6ce01eb0a6d5@ncacn_ip_tcp:10.0.0.1[49152,security=impersonation dynamic]",
    "ncalrpc:[/tmp/x]",
    "ncacn_ip_tcp:",
    String.raw`ncacn_np:\\server[\\pipe\\lsass]`,
  ]) {
    test(text, () => assert.equal(formatStringBinding(parseStringBinding(text)), text));
  }
  test("the endpoint may be an option", () => {
    assert.equal(parseStringBinding("ncacn_ip_tcp:h[endpoint=99]").endpoint, "99");
  });
  for (const text of [
    "",
    "x",
    "nope@ncalrpc:",
    "ncacn_ip_tcp:h[1",
    "ncacn_ip_tcp:h[1,x]",
    "a".repeat(3000),
  ]) {
    test(`refuses "${text.slice(0, 20)}"`, () => {
      assert.throws(() => parseStringBinding(text), { code: HResult.RPC_S_INVALID_STRING_BINDING });
    });
  }
});

suite("the endpoint mapper", () => {
  const setUp = async () => {
    const map = new EndpointMap();
    const server = new RpcServer();
    registerEndpointMapper(server, map);
    registerManagement(server, (service) => (service === 10 ? "HOST/plc-7" : undefined));
    server.register(ECHO, new Echo());
    const memory = new MemoryTransport();
    const options = { transports: [memory, tcpTransport] };
    const near = await Association.connect(await server.listen(memory), options);
    const far = await Association.connect(await server.listen(tcpTransport), options);
    const close = async () => {
      near.close();
      far.close();
      await assertNothingLeft(server);
    };
    return {
      map,
      server,
      near: new EndpointMapperClient(near),
      far: new EndpointMapperClient(far),
      close,
      association: far,
      local: near,
    };
  };

  test("maps what was inserted, and forgets it with its owner", async () => {
    const { map, near, far, close, local, server } = await setUp();
    await assert.rejects(far.map(ECHO), { code: HResult.EPT_S_NOT_REGISTERED });
    await near.insert([entry(ECHO, "5001", "echo"), entry(OTHER, "5002")]);
    assert.deepEqual(await far.map(ECHO), [{ protseq: "ncacn_ip_tcp", host: "127.0.0.1", endpoint: "5001" }]);
    await near.insert([entry(ECHO, "5003")]);
    assert.deepEqual(
      (await far.map(ECHO)).map((e) => e.endpoint),
      ["5003"],
    );
    await assert.rejects(far.map({ ...ECHO, version: [2, 0] }), { code: HResult.EPT_S_NOT_REGISTERED });
    await near.delete([entry(OTHER, "5002")]);
    await assert.rejects(near.delete([entry(OTHER, "5002")]), { code: HResult.EPT_S_NOT_REGISTERED });
    assert.equal(map.size, 1);
    local.close();
    while (server.connections > 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(map.size, 0);
    await close();
  });

  test("strangers may not change it", async () => {
    const { map, far, close } = await setUp();
    await assert.rejects(far.insert([entry(ECHO, "5001")]), { code: HResult.E_FAIL });
    await assert.rejects(far.delete([entry(ECHO, "5001")]), { code: HResult.E_FAIL });
    assert.equal(map.size, 0);
    await close();
  });

  test("objects have endpoints of their own", async () => {
    const { map, far, close } = await setUp();
    const object = guid("00112233-4455-6677-8899-aabbccddeeff");
    map.insert([entry(ECHO, "1"), entry(ECHO, "2", "", object)]);
    assert.deepEqual(
      (await far.map(ECHO)).map((e) => e.endpoint),
      ["1"],
    );
    assert.deepEqual(
      (await far.map(ECHO, "ncacn_ip_tcp", object)).map((e) => e.endpoint),
      ["2"],
    );
    await close();
  });

  test("lists all, page by page", async () => {
    const { map, far, close, association } = await setUp();
    map.insert(Array.from({ length: 1234 }, (_, i) => entry(ECHO, String(i + 1), `number ${i}`)));
    const found = await far.lookup();
    assert.equal(found.length, 1234);
    assert.equal(found[1233]?.annotation, "number 1233");
    const methods = bindInterface(epm, await association.bind({ uuid: epm.iid, version: epm.version }));
    const nil = { attributes: 0, uuid: GUID_NULL };
    const id = { uuid: ECHO.uuid, vers_major: 1, vers_minor: 0 };
    const first = await methods.ept_lookup(1, null, id, 3, nil, 7);
    assert.equal(first.num_ents, 7);
    const second = await methods.ept_lookup(1, null, id, 3, first.entry_handle, 7);
    assert.notEqual(second.entry_handle.uuid, GUID_NULL);
    const freed = await methods.ept_lookup_handle_free(second.entry_handle);
    assert.deepEqual(freed, { entry_handle: nil, status: 0 });
    assert.equal((await methods.ept_lookup(1, null, id, 3, second.entry_handle, 7)).status, 0x16c9a0d5);
    assert.equal((await methods.ept_lookup(1, null, { ...id, vers_minor: 1 }, 2, nil, 7)).status, 0x16c9a0d6);
    assert.equal((await methods.ept_lookup(2, ECHO.uuid, null, 1, nil, 7)).status, 0x16c9a0d6);
    assert.equal((await methods.ept_lookup(9, null, null, 1, nil, 7)).status, 0x16c9a0d3);
    assert.equal(await methods.ept_mgmt_delete(0, null, null), 0x16c9a0cd);
    await close();
  });

  test("management", async () => {
    const { association, close } = await setUp();
    const methods = bindInterface(mgmt, await association.bind({ uuid: mgmt.iid, version: mgmt.version }));
    const { if_id_vector } = await methods.rpc__mgmt_inq_if_ids();
    assert.deepEqual(
      if_id_vector?.if_id.map((id) => id?.uuid),
      [epm.iid, mgmt.iid, ECHO.uuid],
    );
    assert.equal((await methods.rpc__mgmt_inq_stats(4)).statistics.length, 4);
    assert.deepEqual(await methods.rpc__mgmt_is_server_listening(), { status: 0, returnValue: 1 });
    await assert.rejects(async () => methods.rpc__mgmt_stop_server_listening(), {
      code: HResult.E_ACCESSDENIED,
    });
    assert.deepEqual(await methods.rpc__mgmt_inq_princ_name(10, 100), {
      princ_name: "HOST/plc-7",
      status: 0,
    });
    assert.equal((await methods.rpc__mgmt_inq_princ_name(16, 100)).status, 0x6d3);
    await close();
  });
});
