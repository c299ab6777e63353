import type { FileServices } from "../naming/index.ts";
import type * as Storage from "../storage/index.ts";

/** Compound files are looked into when a name leads to one; until then their code is not loaded. */
async function services(): Promise<typeof Storage.fileServices> {
  return (await import("../storage/index.ts")).fileServices;
}

/** What names find in files: the class that stands in a compound file (ReadClassStg), and the file as storage, stream or lock bytes. */
export const storageFiles: FileServices = {
  classOfFile: async (path) => (await services()).classOfFile(path),
  openStorage: async (path, mode, iid) => (await services()).openStorage(path, mode, iid),
  classOfContent: async (bytes) => (await services()).classOfContent(bytes),
  openContent: async (bytes, iid) => (await services()).openContent(bytes, iid),
};
