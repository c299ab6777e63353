import { reverted } from "../status.ts";
import type { Element } from "./element.ts";
import type { Scope } from "./scope.ts";

const nothing: Map<string, OpenElement> = new Map();

/**
 * An element that somebody has open, in a scope. It is open once: so what it holds is the element's latest state in that scope, and it alone changes
 * it.
 */
export class OpenElement {
  readonly scope: Scope;
  readonly parent: OpenElement | undefined;
  element: Element;
  /** What is open below, by key: of storages alone. */
  readonly children: Map<string, OpenElement>;
  #lost = false;
  /** Called when the element is no more. */
  onLost: (() => void) | undefined;

  constructor(scope: Scope, parent: OpenElement | undefined, element: Element) {
    this.scope = scope;
    this.parent = parent;
    this.element = element;
    this.children = element.isStorage ? new Map() : nothing;
    parent?.children.set(element.key, this);
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Throws STG_E_REVERTED when the element is no more. */
  check(): void {
    if (this.#lost) throw reverted(this.element.isStorage ? "storage" : "stream");
  }

  /** The element to be changed: a copy of its own, if others see the one that was. */
  edit(): Element {
    if (this.element.token === this.scope.token) return this.element;
    this.replace(this.element.copy(this.scope.token));
    return this.element;
  }

  /** Puts another state of the element in its place. */
  replace(element: Element): void {
    this.parent?.edit().children.set(element.key, element);
    this.element = element;
  }

  /** The element is destroyed, reverted or its storage released: nothing works any more, here and below. */
  lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.loseChildren();
    this.close();
    this.onLost?.();
  }

  loseChildren(): void {
    for (const child of this.children.values()) child.lose();
  }

  /** Nobody has it open any more. */
  close(): void {
    const siblings = this.parent?.children;
    if (siblings?.get(this.element.key) === this) siblings.delete(this.element.key);
  }
}
