import { openStore } from "../../store/index.ts";
import { Registry } from "../index.ts";

/* A second process that writes to the registry in the folder it is given. */
const store = await openStore({ path: process.argv[2] ?? "" });
await new Registry(store, { user: "bob" }).edit((editor) => {
  for (let i = 0; i < 50; i++) editor.create(`HKLM\\Shared\\Many\\k${i}`);
  editor.set("HKLM\\Shared", "from", "the other process");
});
await store.close();
