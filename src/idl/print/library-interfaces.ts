import type { Dispinterface, Entity, Interface, Model } from "../model.ts";

/**
 * The interfaces that a type library of this file describes and that Automation may marshal. Registering the library gives them the
 * marshaler that reads it, for which an enumeration is a VT_I4; MIDL makes no other for what stands in a library. Elsewhere an
 * enumeration takes 16 bits unless it is `[v1_enum]`.
 */
export class LibraryInterfaces {
  readonly #described = new Set<Entity>();

  constructor(model: Model) {
    const byName = new Map(model.entities.map((it) => [it.name, it]));
    for (const library of model.entities) {
      if (library.kind !== "library") continue;
      for (const member of library.members) this.#add(member);
      for (const name of library.references) this.#add(byName.get(name));
    }
  }

  has(entity: Interface | Dispinterface): boolean {
    return (
      entity.kind === "interface" && (entity.dual || entity.oleautomation) && this.#described.has(entity)
    );
  }

  #add(entity: Entity | undefined): void {
    if (entity === undefined || this.#described.has(entity)) return;
    this.#described.add(entity);
    if (entity.kind === "interface") this.#add(entity.base);
    else if (entity.kind === "dispinterface") this.#add(entity.of);
    else if (entity.kind === "coclass") for (const it of entity.interfaces) this.#add(it.interface);
  }
}
