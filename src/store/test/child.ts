import { openStore } from "../index.ts";

/*
 * A process of its own for the tests: `write FOLDER` writes numbers 0, 1, 2, ... and prints each once it is acknowledged; `set FOLDER KEY VALUE`
 * writes one entry; `count FOLDER N` adds N to a counter, one transaction each.
 */
const [action, folder = "", ...rest] = process.argv.slice(2);
const store = await openStore({ path: folder });

if (action === "write") {
  for (let batch = 0; ; batch++) {
    const numbers = Array.from({ length: 16 }, (_, i) => batch * 16 + i);
    await Promise.all(
      numbers.map(async (n) => {
        await store.write((tx) => {
          tx.put("numbers", Buffer.from(String(n)), Buffer.alloc(100, n));
          tx.put("copies", Buffer.from(String(n)), Buffer.alloc(100, n));
        });
        process.stdout.write(`${n}\n`);
      }),
    );
  }
} else if (action === "set") {
  const [key = "", value = ""] = rest;
  await store.write((tx) => tx.put("t", Buffer.from(key), Buffer.from(value)));
} else if (action === "count") {
  for (let i = 0; i < Number(rest[0]); i++) {
    await store.write((tx) => {
      const before = tx.get("t", Buffer.from("counter"));
      const count = before === undefined ? 0 : Buffer.from(before).readUInt32LE(0);
      const next = Buffer.alloc(4);
      next.writeUInt32LE(count + 1);
      tx.put("t", Buffer.from("counter"), next);
    });
  }
}
await store.close();
