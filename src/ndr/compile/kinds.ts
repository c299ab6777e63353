import { ComError, HResult } from "../../base/index.ts";
import type { NdrType, PipeType } from "../types.ts";
import { arrayKind } from "./array.ts";
import type { Kind } from "./kind.ts";
import { interfaceKind, pointerKind } from "./pointer.ts";
import { baseKind, contextHandleKind, enumKind } from "./scalars.ts";
import { stringKind } from "./string.ts";
import { structKind } from "./struct.ts";
import { unionKind } from "./union.ts";
import { userKind } from "./user.ts";

/** compile/pipe.ts has the pipes that are parameters. */
const noPipes = (): never => {
  throw new ComError(HResult.E_NOTIMPL, "a pipe is a parameter of a method, and no part of other data");
};

const pipeKind: Kind<PipeType> = { measure: noPipes, write: noPipes, skip: noPipes, read: noPipes };

const kinds = {
  base: baseKind,
  enum: enumKind,
  struct: structKind,
  union: unionKind,
  pointer: pointerKind,
  array: arrayKind,
  string: stringKind,
  interface: interfaceKind,
  contextHandle: contextHandleKind,
  pipe: pipeKind,
  user: userKind,
} satisfies { [K in NdrType["kind"]]: Kind<Extract<NdrType, { kind: K }>> };

export function kindOf(type: NdrType): Kind<NdrType> {
  return kinds[type.kind];
}
