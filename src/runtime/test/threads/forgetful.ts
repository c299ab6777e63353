import { type Runtime, pointerTo } from "../../../com/index.ts";
import { IWork, Work } from "./work.ts";

/** Runs in an apartment: makes a pointer and never releases it. */
export default function forgetful(com: Runtime): void {
  pointerTo(new Work(), IWork, com);
}
