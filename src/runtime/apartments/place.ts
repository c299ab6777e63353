import { ComError } from "../../base/index.ts";
import type { Apartment } from "../../com/index.ts";
import type { PlaceName } from "./contract.ts";

/**
 * Which apartment an in-process class must live in, by its ThreadingModel and the apartment of the caller; undefined for the caller's own.
 *
 * |           | single-threaded caller | multithreaded caller |
 * | none      | the main one           | the main one         |
 * | Apartment | the caller's           | the host's           |
 * | Free      | the multithreaded one  | the multithreaded one |
 * | Both      | the caller's           | the caller's         |
 * | Neutral   | neutral, in the thread of the caller        |
 *
 * A program that never asked for a model has one apartment for everything: "main". Code in a worker of the multithreaded apartment keeps Free objects in its own
 * thread, where it has them without a proxy; from the first thread they go to the workers.
 */
export function placeOf(
  model: string | undefined,
  caller: Apartment["kind"],
  inWorker: boolean,
): PlaceName | undefined {
  if (caller === "main") return undefined;
  switch (model?.toLowerCase()) {
    case undefined:
    case "single":
      return caller === "single" && !inWorker ? undefined : "main";
    case "apartment":
      return caller === "single" ? undefined : "host";
    case "free":
      return caller === "multi" && inWorker ? undefined : "multi";
    case "both":
    case "neutral":
      return undefined;
    default:
      throw new ComError(REGDB_E_BADTHREADINGMODEL, `"${model?.slice(0, 80)}" is no ThreadingModel`);
  }
}

const REGDB_E_BADTHREADINGMODEL = 0x80040156;
