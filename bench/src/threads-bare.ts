// The worker that the bare ways between threads are measured with, and comlink.
import { type MessagePort, workerData } from "node:worker_threads";
import * as Comlink from "comlink";
import { endpointOf } from "./threads-endpoint.js";

export interface BareData {
  readonly bare: MessagePort;
  readonly comlink: MessagePort;
  /** The hand-over: two numbers in, one out, and whose turn it is. */
  readonly cells: Int32Array<SharedArrayBuffer>;
  /** For receiveMessageOnPort. */
  readonly handed: boolean;
}

const { bare, comlink, cells, handed } = workerData as BareData;

Comlink.expose(
  { Add: (a: number, b: number) => a + b, Echo: (bytes: Uint8Array) => bytes },
  endpointOf(comlink),
);

if (handed) {
  // Until the thread is ended from outside.
  for (;;) {
    while (Atomics.load(cells, 0) === 0) Atomics.wait(cells, 0, 0);
    cells[3] = (cells[1] as number) + (cells[2] as number);
    Atomics.store(cells, 0, 0);
    Atomics.store(cells, 4, 1);
    Atomics.notify(cells, 4);
  }
}
bare.on("message", (message: { a: number; b: number } | Uint8Array) => {
  bare.postMessage(message instanceof Uint8Array ? message : message.a + message.b, []);
});
