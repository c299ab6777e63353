import { type Guid, guid } from "../../base/index.ts";
import type { IBindCtx, IMoniker } from "../../com/gen/objidl.ts";
import { type IUnknown, defineClass, implement } from "../../com/index.ts";
import { OwnMoniker } from "../index.ts";
import { INote } from "./sample.ts";

const planetClsid: Guid = guid("6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0020");

class Planet {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  GetText(): string {
    return this.#name;
  }
}
implement(Planet, INote);

/** A moniker class of somebody's own: `Planet:Mars`. */
class PlanetMoniker extends OwnMoniker {
  readonly clsid: Guid = planetClsid;

  GetDisplayName(): string {
    return `Planet:${this.text}`;
  }

  protected read(name: string): { text: string; eaten: number } | undefined {
    const match = /^@?Planet:(\w+)/i.exec(name);
    return match === null ? undefined : { text: match[1] ?? "", eaten: match[0].length };
  }

  override BindToObject(
    _pbc: IBindCtx | null,
    _pmkToLeft: IMoniker | null,
    riidResult: Guid,
  ): Promise<IUnknown> {
    return this.give(new Planet(this.text), riidResult);
  }
}

export const planet: ReturnType<typeof defineClass> = defineClass(
  { clsid: planetClsid, progId: "Planet" },
  PlanetMoniker,
);
