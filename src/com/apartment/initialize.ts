import { ComError, HResult } from "../../base/index.ts";
import { thread } from "../apartment.ts";
import type { Apartment } from "../remoting.ts";
import type { MessageFilter } from "./message-filter.ts";
import { OpenApartment } from "./open-apartment.ts";
import { SingleApartment, type SingleApartmentOptions } from "./single-apartment.ts";

/** COINIT: what a thread may ask to be. */
export type ApartmentModel = "single" | "multi";

/** The thread's apartment before anybody asked for one. */
const before: Apartment = thread.current;
let asked = 0;

/**
 * Makes this thread a single-threaded apartment, or one of the multithreaded apartment's (CoInitializeEx). Dispose to balance it (CoUninitialize); with the
 * last one the thread is what it was. Answers whether the thread was that already (S_FALSE). Throws RPC_E_CHANGED_MODE when it is the other kind.
 */
export function initializeThread(
  model: ApartmentModel,
  options: SingleApartmentOptions = {},
): Disposable & { readonly already: boolean } {
  assertModel(model);
  const already = asked > 0;
  if (already && thread.current.kind !== model) {
    const message = `the thread is a ${kindNames[thread.current.kind]} already`;
    throw new ComError(HResult.RPC_E_CHANGED_MODE, message);
  }
  if (!already)
    thread.current = model === "single" ? new SingleApartment(options) : new OpenApartment("multi");
  asked++;
  let done = false;
  return {
    already,
    [Symbol.dispose]: () => {
      if (done) return;
      done = true;
      if (--asked > 0) return;
      if (thread.current instanceof SingleApartment) thread.current.exchangeFilter(undefined);
      thread.current = before;
    },
  };
}

/** Throws E_INVALIDARG for anything that is not an {@link ApartmentModel}. */
export function assertModel(model: string): asserts model is ApartmentModel {
  if (model === "single" || model === "multi") return;
  throw new ComError(
    HResult.E_INVALIDARG,
    `an apartment is "single" or "multi", not "${model.slice(0, 40)}"`,
  );
}

/**
 * Sets the message filter of this thread's single-threaded apartment, or takes it away; answers the one before (CoRegisterMessageFilter). Throws
 * CO_E_NOT_SUPPORTED in any other apartment.
 */
export function registerMessageFilter(filter: MessageFilter | undefined): MessageFilter | undefined {
  if (thread.current instanceof SingleApartment) return thread.current.exchangeFilter(filter);
  throw new ComError(HResult.CO_E_NOT_SUPPORTED, "only a single-threaded apartment has a message filter");
}

const kindNames: Readonly<Record<Apartment["kind"], string>> = {
  single: "single-threaded apartment",
  multi: "part of the multithreaded apartment",
  neutral: "neutral apartment",
  main: "main apartment that everybody may enter",
};
