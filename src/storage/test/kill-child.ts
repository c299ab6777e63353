import type { IStorage, IStream } from "../../com/gen/objidl.ts";
import { openStorage } from "../index.ts";
import { T, X, pattern } from "./support.ts";

/** Commits one generation after the other, each in several streams, until it is killed. */
export const sizes: readonly number[] = [30, 700, 5000, 60_000];

async function write(storage: IStorage, name: string, bytes: Uint8Array): Promise<void> {
  using stream = (await storage.CreateStream(name, X | 0x1000, 0, 0)) as IStream;
  await stream.Write(bytes, bytes.length);
}

const path = process.argv[2];
if (process.argv[1]?.endsWith("kill-child.js") === true && path !== undefined) {
  const root = openStorage(path, T);
  for (let generation = Number(process.argv[3]); ; generation++) {
    for (const size of sizes)
      await write(root, `s${size}`, pattern(size + (generation % 7) * 100, generation));
    using folder = (await root.CreateStorage(`d${generation % 3}`, X | 0x1000, 0, 0)) as IStorage;
    await write(folder, "inner", pattern(100, generation));
    await write(root, "generation", new Uint8Array(Uint32Array.of(generation).buffer));
    await root.Commit(0);
    if (generation === Number(process.argv[3])) process.stdout.write("begun\n");
  }
}
