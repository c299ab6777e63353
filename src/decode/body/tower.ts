import { ByteReader, type Guid } from "../../base/index.ts";
import { namedInterface } from "../names/interfaces.ts";
import { transferSyntaxName } from "../names/words.ts";
import type { Json } from "../session/decoded.ts";

/** Floors that name an interface or a transfer syntax ([C706] appendix L). */
const UUID_FLOOR = 0x0d;
/** More floors than any protocol sequence has. */
const MAX_FLOORS = 16;

const ip = (value: Uint8Array): string => value.join(".");
const port = (value: Uint8Array): string => `[${((value[0] ?? 0) << 8) | (value[1] ?? 0)}]`;
const text = (value: Uint8Array): string => Buffer.from(value).toString("latin1").replace(/\0$/, "");
const none = (): string => "";

/** What the address floors are called and how their right hand side reads ([C706] appendix I, [MS-RPCE] 2.2.1.2.4). */
const floors: Readonly<Record<number, readonly [name: string, show: (value: Uint8Array) => string]>> = {
  0x07: ["tcp", port],
  0x08: ["udp", port],
  0x09: ["ip", ip],
  0x0a: ["connectionless", none],
  0x0b: ["connection-oriented", none],
  0x0c: ["local", none],
  0x0f: ["pipe", text],
  0x10: ["local port", text],
  0x11: ["netbios", text],
  0x1f: ["http", port],
};

/** The protocol tower of an endpoint map entry, floor by floor. Undefined when it is none. */
export function explainTower(bytes: Uint8Array): Json {
  try {
    const reader = new ByteReader(bytes);
    const count = reader.u16();
    if (count > MAX_FLOORS) return undefined;
    return Array.from({ length: count }, () => floorText(reader.raw(reader.u16()), reader.raw(reader.u16())));
  } catch {
    return undefined;
  }
}

function floorText(left: Uint8Array, right: Uint8Array): string {
  const [id = 0] = left;
  if (id === UUID_FLOOR && left.length >= 19) return uuidFloor(left, right);
  const [name, show] = floors[id] ?? [`floor ${id}`, (value: Uint8Array): string => value.join(" ")];
  const value = show(right);
  return value === "" ? name : `${name} ${value}`;
}

function uuidFloor(left: Uint8Array, right: Uint8Array): string {
  const reader = new ByteReader(left, 1);
  const uuid: Guid = reader.guid();
  const major = reader.u16();
  const minor = right.length >= 2 ? new ByteReader(right).u16() : 0;
  const name = namedInterface(uuid)?.name ?? transferSyntaxName(uuid);
  return `${name ?? uuid} ${major}.${minor}`;
}
