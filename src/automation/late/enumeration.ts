import { ComError, HResult } from "../../base/index.ts";
import { isPointer, pointerTo } from "../../com/index.ts";
import { IEnumVARIANT } from "../gen/oaidl.ts";
import { DispId } from "../member.ts";
import type { Variant } from "../variant.ts";
import { readFlags } from "./dispatch-call.ts";
import type { Held } from "./scope.ts";

const DISP_E_NOTACOLLECTION = 0x80020011;

/** The most elements asked for at once. The first question is for one: few collections are long, and some servers know no other number. */
const maxBatch = 64;

/** The elements of a collection (_NewEnum, then IEnumVARIANT). Leaving the loop releases the enumerator and what it had brought along. */
export async function* enumerateHeld(
  withHeld: (use: (held: Held) => Promise<IEnumVARIANT>) => Promise<IEnumVARIANT>,
  wrap: (variant: Variant) => Promise<unknown>,
): AsyncGenerator {
  const enumerator = await withHeld((held) => enumeratorOf(held));
  let ahead: readonly Variant[] = [];
  try {
    for (let batch = 1, ended = false; !ended; batch = Math.min(batch * 2, maxBatch)) {
      const next = await nextOf(enumerator, batch);
      batch = next.batch;
      ended = next.ended;
      ahead = next.items;
      while (ahead.length > 0) {
        const [first, ...rest] = ahead;
        ahead = rest;
        yield await wrap(first as Variant);
      }
    }
  } finally {
    for (const { value } of ahead) if (isPointer(value)) value[Symbol.dispose]();
    enumerator[Symbol.dispose]();
  }
}

async function enumeratorOf(held: Held): Promise<IEnumVARIANT> {
  const { value } = await newEnum(held);
  if (typeof value !== "object" || value === null) throw notACollection();
  if (!isPointer(value)) return pointerTo(value, IEnumVARIANT, held.scope.options.host);
  try {
    return await value.QueryInterface(IEnumVARIANT);
  } finally {
    value[Symbol.dispose]();
  }
}

async function newEnum(held: Held): Promise<Variant> {
  try {
    return await held.caller.invoke(DispId.NEWENUM, readFlags, { positional: [] }, held.scope.options.call);
  } catch (error) {
    if (ComError.from(error).code === HResult.DISP_E_MEMBERNOTFOUND) throw notACollection(error);
    throw error;
  }
}

function notACollection(cause?: unknown): ComError {
  return new ComError(DISP_E_NOTACOLLECTION, "the object is no collection", { cause });
}

interface Batch {
  readonly items: readonly Variant[];
  readonly ended: boolean;
  readonly batch: number;
}

async function nextOf(enumerator: IEnumVARIANT, batch: number): Promise<Batch> {
  const status = { code: 0 };
  try {
    const { rgVar, pCeltFetched } = await enumerator.Next(batch, { status });
    const items = rgVar.slice(0, pCeltFetched);
    return { items, batch, ended: status.code !== HResult.S_OK || items.length === 0 };
  } catch (error) {
    const { code } = ComError.from(error);
    // Servers that give one element at a time and nothing else.
    if (batch === 1 || (code !== HResult.E_NOTIMPL && code !== HResult.E_INVALIDARG)) throw error;
    return { ...(await nextOf(enumerator, 1)), batch: 1 };
  }
}
