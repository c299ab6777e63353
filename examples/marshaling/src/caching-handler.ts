import { type Implements, type ProxyManager, defineClass, defineModule, proxyManagerOf } from "comity/com";
import type { DefinedModule } from "comity/com";
import { handlerClsid } from "./clsids.js";
import { IDictionary } from "./gen/marshaling.js";

/**
 * Stands in front of a dictionary that is elsewhere, wherever it is used: the object names this class (IStdMarshalInfo), COM makes one for every
 * reference that arrives, and connects it. What it knows it answers itself; what it does not write at all, clients get from the object.
 */
class CachingDictionary implements Implements<IDictionary> {
  readonly #known = new Map<string, Promise<string | null>>();
  /** The standard proxies of the object (CoGetStdMarshalEx with SMEXF_HANDLER). */
  readonly #object: ProxyManager = proxyManagerOf(this);

  Meaning(word: string | null): Promise<string | null> {
    const key = word ?? "";
    let answer = this.#known.get(key);
    if (answer === undefined) this.#known.set(key, (answer = this.#ask(key)));
    return answer;
  }

  async Asked(): Promise<number> {
    using dictionary = await this.#object.queryInterface(IDictionary);
    return dictionary.Asked();
  }

  async #ask(word: string): Promise<string | null> {
    using dictionary = await this.#object.queryInterface(IDictionary);
    return dictionary.Meaning(word);
  }
}

const module: DefinedModule = defineModule({
  classes: [defineClass({ clsid: handlerClsid, interfaces: [IDictionary] }, CachingDictionary)],
});

export default module;
