import { stat } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { ComError, HResult } from "../base/index.ts";
import type { ComModule } from "./module.ts";

const CO_E_ERRORINDLL = 0x800401f9;

interface Loaded {
  readonly module: ComModule;
  readonly modified: number;
}

/**
 * The modules a runtime loaded on demand. Node never gives back the memory of an ES module; "freed" means that its class objects are dropped, that
 * it is asked before (DllCanUnloadNow), and that the next activation loads the file anew when it changed on disk: an update without stopping.
 */
export class ModuleLoader {
  readonly #loaded = new Map<string, Promise<Loaded>>();
  /** The time stamp a file had when it was first imported under its plain address. */
  readonly #imported = new Map<string, number>();

  /** The module at a path. Throws CO_E_DLLNOTFOUND when there is no file, CO_E_ERRORINDLL when it does not load or is no module of classes. */
  async load(path: string): Promise<ComModule> {
    let loading = this.#loaded.get(path);
    if (loading === undefined) {
      loading = this.#import(path);
      this.#loaded.set(path, loading);
      loading.catch(() => this.#loaded.delete(path));
    }
    return (await loading).module;
  }

  async #import(path: string): Promise<Loaded> {
    const modified = await modificationTime(path);
    const address = pathToFileURL(path);
    const first = this.#imported.get(path);
    if (first !== undefined && first !== modified) address.searchParams.set("modified", String(modified));
    let exports: unknown;
    try {
      exports = await import(address.href);
    } catch (error) {
      throw new ComError(CO_E_ERRORINDLL, `${path} does not load: ${ComError.from(error).message}`, {
        cause: error,
      });
    }
    if (first === undefined) this.#imported.set(path, modified);
    return { module: moduleOf(exports, path), modified };
  }

  /** Drops the modules that nothing keeps; answers their paths. */
  async freeUnused(): Promise<readonly string[]> {
    const freed: string[] = [];
    for (const [path, loading] of this.#loaded) {
      const loaded = await loading.catch(() => undefined);
      if (loaded?.module.DllCanUnloadNow() !== HResult.S_OK) continue;
      this.#loaded.delete(path);
      freed.push(path);
    }
    return freed;
  }

  get paths(): readonly string[] {
    return [...this.#loaded.keys()];
  }
}

async function modificationTime(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    throw new ComError(HResult.CO_E_DLLNOTFOUND, `there is no module ${path}`, { cause: error });
  }
}

/** The module within an ES module's exports: its default export, or the functions by name. */
function moduleOf(exports: unknown, path: string): ComModule {
  const outer = exports as { readonly default?: unknown };
  for (const candidate of [outer.default, outer]) {
    const module = candidate as Partial<ComModule> | undefined;
    if (typeof module?.DllGetClassObject === "function" && typeof module.DllCanUnloadNow === "function") {
      return module as ComModule;
    }
  }
  throw new ComError(
    CO_E_ERRORINDLL,
    `${path} exports no DllGetClassObject; export default defineModule({ classes })`,
  );
}
