import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, ServerCredentials, credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { type Contender, promiseCaller } from "../contender.js";

const proto = `syntax = "proto3"; package bench;
message Two { int32 a = 1; int32 b = 2; } message One { int32 sum = 1; } message Body { bytes data = 1; }
service Calculator { rpc Add(Two) returns (One); rpc Echo(Body) returns (Body); }`;

function load(): any {
  const file = join(mkdtempSync(join(tmpdir(), "bench-")), "bench.proto");
  writeFileSync(file, proto);
  return (loadPackageDefinition(loadSync(file)) as any)["bench"]["Calculator"];
}

export const grpc: Contender = {
  name: "@grpc/grpc-js",
  transports: ["unix", "tcp"],
  serve(transport, path) {
    const server = new Server();
    server.addService(load()["service"], {
      Add: (call: any, done: any) => done(null, { sum: call.request.a + call.request.b }),
      Echo: (call: any, done: any) => done(null, { data: call.request.data }),
    });
    return new Promise((resolve, reject) => {
      const target = transport === "unix" ? `unix:${path}` : "127.0.0.1:0";
      server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        else resolve(transport === "unix" ? path : String(port));
      });
    });
  },
  async connect(transport, at) {
    const Client = load();
    const client = new Client(
      transport === "unix" ? `unix:${at}` : `127.0.0.1:${at}`,
      credentials.createInsecure(),
    );
    return promiseCaller(
      (a, b) =>
        new Promise((resolve, reject) => {
          client.Add({ a, b }, (error: unknown, reply: any) => (error ? reject(error) : resolve(reply.sum)));
        }),
      (data) =>
        new Promise((resolve, reject) => {
          client.Echo({ data }, (error: unknown, reply: any) =>
            error ? reject(error) : resolve(reply.data),
          );
        }),
      () => client.close(),
    );
  },
};
