import { type Guid, guid } from "../base/index.ts";

type MonikerKind =
  | "file"
  | "item"
  | "anti"
  | "pointer"
  | "composite"
  | "class"
  | "objref"
  | "url"
  | "new"
  | "queue";

/** The classes of the system's monikers. */
export const MonikerClass: Readonly<Record<MonikerKind, Guid>> = {
  file: guid("00000303-0000-0000-c000-000000000046"),
  item: guid("00000304-0000-0000-c000-000000000046"),
  anti: guid("00000305-0000-0000-c000-000000000046"),
  pointer: guid("00000306-0000-0000-c000-000000000046"),
  composite: guid("00000309-0000-0000-c000-000000000046"),
  class: guid("0000031a-0000-0000-c000-000000000046"),
  objref: guid("00000327-0000-0000-c000-000000000046"),
  url: guid("79eac9e0-baf9-11ce-8c82-00aa004ba90b"),
  new: guid("ecabafc6-7f19-11d2-978e-0000f8757e2a"),
  queue: guid("ecabafc7-7f19-11d2-978e-0000f8757e2a"),
};
