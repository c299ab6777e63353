import { ComError } from "../../../base/index.ts";
import { TypeLibStatus } from "../errors.ts";
import type { Image } from "../image.ts";
import type { TypeLibLimits } from "../limits.ts";
import type { TypeLibrary } from "../model.ts";

export function readSltg(_file: Image, _limits: TypeLibLimits): TypeLibrary {
  throw new ComError(TypeLibStatus.UNSUPFORMAT, "not yet");
}
