import { GUID_NULL, type Guid } from "../../base/index.ts";
import { nameKey } from "../cfb/names.ts";
import { type Content, emptyContent } from "./content.ts";

/** The children of a storage by the key of their names. */
export type Children = Map<string, Element>;

/**
 * A storage or stream at one moment. It may be changed only under its `token`; everybody else makes a copy. So a snapshot of a whole tree is one
 * reference, and what was not touched is shared.
 */
export class Element {
  token: number;
  readonly isStorage: boolean;
  #name = "";
  #key = "";
  clsid: Guid = GUID_NULL;
  stateBits = 0;
  created = 0n;
  modified = 0n;
  content: Content | undefined;
  /** The element on the medium that this one was copied from; itself, when it is on the medium. */
  origin: Element | undefined;
  /** Number in the directory, for elements on the medium. */
  sid = -1;
  #children: Children | undefined;
  #load: (() => Children) | undefined;

  constructor(token: number, isStorage: boolean, name: string) {
    this.token = token;
    this.isStorage = isStorage;
    this.name = name;
  }

  static storage(token: number, name: string): Element {
    const made = new Element(token, true, name);
    made.#children = new Map();
    return made;
  }

  static stream(token: number, name: string): Element {
    const made = new Element(token, false, name);
    made.content = emptyContent(token);
    return made;
  }

  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
    this.#key = nameKey(name);
  }

  get key(): string {
    return this.#key;
  }

  get children(): Children {
    if (this.#children === undefined) {
      this.#children = this.#load?.() ?? new Map();
      this.#load = undefined;
    }
    return this.#children;
  }

  /** Finds the children when somebody asks for them first. */
  set loader(load: () => Children) {
    this.#load = load;
  }

  /** The same element, to be changed under another token. */
  copy(token: number): Element {
    const made = new Element(token, this.isStorage, this.name);
    made.clsid = this.clsid;
    made.stateBits = this.stateBits;
    made.created = this.created;
    made.modified = this.modified;
    made.content = this.content;
    made.origin = this.origin;
    if (this.isStorage) made.#children = new Map(this.children);
    return made;
  }
}
