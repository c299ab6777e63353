import type { Guid } from "comity";
import { type DefinedModule, type Implements, defineClass, defineModule, implement } from "comity/com";
import { IMarshal, IStdMarshalInfo } from "comity/interfaces/objidl";
import { handlerClsid } from "./clsids.js";
import {
  Archive,
  Dictionary,
  IDictionary,
  type IArchive,
  type IEcho,
  IMoney,
  type IShop,
  Shop,
} from "./gen/marshaling.js";
import { Money } from "./money.js";

implement(Money, IMoney, IMarshal);

class DictionaryObject implements Implements<IDictionary> {
  static readonly interfaces: readonly unknown[] = [IDictionary, IStdMarshalInfo];
  #asked = 0;

  Meaning(word: string): string {
    this.#asked++;
    return `what ${word} means`;
  }

  Asked(): number {
    return this.#asked;
  }

  /** The class that stands in front of the object where it is used. */
  GetClassForHandler(): Guid {
    return handlerClsid;
  }
}

class ArchiveObject implements Implements<IArchive> {
  readonly #texts = new Map<string, string>();

  Put(name: string, text: string): void {
    this.#texts.set(name, text);
  }

  Get(name: string): string {
    return this.#texts.get(name) ?? "";
  }
}

class ShopObject implements Implements<IShop>, Implements<IEcho> {
  Price(what: string): IMoney {
    return new Money(undefined, what.length * 100) as unknown as IMoney;
  }

  async Pay(money: IMoney): Promise<IMoney> {
    const cents = (await money.Amount()) - 500;
    return new Money(undefined, cents, (await money.Currency()) ?? "") as unknown as IMoney;
  }

  Say(text: string): string {
    return `${text}, ${text}`;
  }
}

/** What the server serves. */
export const module: DefinedModule = defineModule({
  classes: [
    defineClass(Dictionary, DictionaryObject),
    defineClass(Archive, ArchiveObject),
    defineClass(Shop, ShopObject),
  ],
});
