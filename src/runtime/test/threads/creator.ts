import type { Runtime } from "../../../com/index.ts";
import { IWork } from "./work.ts";

/** Runs in an apartment: creates an object of a class and answers the thread it lives in. */
export default async function creator(com: Runtime, name: string): Promise<number> {
  using work = await com.createInstance(name, IWork);
  return work.Thread();
}
