import type { ClassName, InterfaceResults } from "comity/com";
import type { IClassFactory, IUnknown, Interface, Runtime } from "comity";

/** Makes an object of a class; the caller owns the pointer. Without an interface, the class's default one. */
interface Create {
  <T extends IUnknown>(name: ClassName<T>): Promise<T>;
  <T extends IUnknown>(name: ClassName, iface: Interface<T>): Promise<T>;
}

/** Answers the class object of a class; the caller owns the pointer. */
interface FindClassObject {
  (name: ClassName): Promise<IClassFactory>;
  <T extends IUnknown>(name: ClassName, iface: Interface<T>): Promise<T>;
}

/** What a suite is run on: a client, and a way to the objects of its classes. The text of a suite does not know which way. */
export interface Ground {
  readonly com: Runtime;
  readonly create: Create;
  /** One object, asked for several interfaces in one round trip. */
  readonly createEx: <const L extends readonly Interface<IUnknown>[]>(
    name: ClassName,
    interfaces: L,
  ) => Promise<InterfaceResults<L>>;
  readonly classObject: FindClassObject;
}

/** The tests of one interface, written from its documentation; each must release what it takes. */
export interface Suite {
  readonly name: string;
  readonly tests: Readonly<Record<string, (ground: Ground) => Promise<void>>>;
}

/** A suite: a name, and its tests by what they show. */
export function suite(name: string, tests: Suite["tests"]): Suite {
  return { name, tests };
}
