import type { NdrType, UserMarshal, UserType } from "../types.ts";
import type { Emitter } from "./emitter.ts";
import { at, type Kind, type Site } from "./kind.ts";

/** `[wire_marshal]` types: another type on the wire, and two functions between. */
export const userKind: Kind<UserType> = {
  measure(e, type, value, cursor, site) {
    const wire = type.wire();
    e.kindOf(wire).measure(e, wire, toWire(e, type, value), cursor, { ...site, user: true, id: undefined });
  },
  write(e, type, value, place, site) {
    writeUser(e, type, value, site, at(place), (wire, code, inner) => {
      e.kindOf(wire).write(e, wire, code, place, inner);
    });
  },
  skip(e, type, cursor, site) {
    const wire = type.wire();
    e.kindOf(wire).skip(e, wire, cursor, { ...site, user: true, id: undefined });
  },
  read(e, type, place, site) {
    const wire = type.wire();
    const inner = { ...site, user: true, id: undefined, little: isOtherOrder(e, type) };
    return fromWire(e, type, e.kindOf(wire).read(e, wire, place, inner));
  },
};

/** Emits the conversion, what `write` emits, and the marshaler's last word. `start` is where a wire form that is no pointer begins. */
export function writeUser(
  e: Emitter,
  type: UserType,
  value: string,
  site: Site,
  start: string,
  write: (wire: NdrType, code: string, site: Site) => void,
): void {
  const wire = type.wire();
  const code = toWire(e, type, value);
  const marshal: UserMarshal = type.marshal();
  if (marshal.finish === undefined) {
    write(wire, code, { ...site, user: true, id: undefined });
    return;
  }
  const begin = e.name("start");
  e.line(`let ${begin} = ${wire.kind === "pointer" ? "-1" : start};`);
  write(wire, code, { ...site, user: true, start: begin, id: undefined });
  e.line(`if (${begin} >= 0) ${getter(e, type)}().finish(w, ${begin});`);
}

function toWire(e: Emitter, type: UserType, value: string): string {
  return e.bind(`${getter(e, type)}().toWire(${value}, s.context)`, "wire");
}

/** Code of the value of a wire form. */
export function fromWire(e: Emitter, type: UserType, wire: string): string {
  return `${getter(e, type)}().fromWire(${wire}, s.context)`;
}

function getter(e: Emitter, type: UserType): string {
  const get: () => UserMarshal = type.marshal;
  return e.constant(get, `${type.name}Marshal`);
}

/** True when a big-endian message is read and the type is little-endian all the same. */
export function isOtherOrder(e: Emitter, type: UserType): boolean {
  const marshal: UserMarshal = type.marshal();
  return e.direction === "decodeBig" && marshal.littleEndian === true;
}
