import { LockType, openFileLockBytes, openStorage } from "../index.ts";

/** Opens a file as it is told to, says how that went, and holds it until it is killed or its input ends. */
const [, script, path = "", what, detail = ""] = process.argv;
if (script?.endsWith("share-child.js") === true) {
  try {
    if (what === "open") {
      openStorage(path, Number(detail));
    } else {
      const bytes = openFileLockBytes(path, 2);
      void bytes.LockRegion(10n, 10n, LockType.EXCLUSIVE);
    }
    process.stdout.write("held\n");
    process.stdin.resume();
  } catch (error) {
    process.stdout.write(`${(error as Error).message}\n`);
  }
}
