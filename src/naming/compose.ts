import { ComError, HResult } from "../base/index.ts";
import type { IMoniker } from "../com/gen/objidl.ts";
import { identityOf, remoteObjectOf, withStatus } from "../com/index.ts";
import { implementationOf, isEqual } from "./moniker.ts";
import type { Naming } from "./naming.ts";

/*
 * Composition and what undoes it. Lists of components are owned by the function that made them; `release` gives them back whatever happens.
 */

function release(list: readonly IMoniker[]): void {
  for (const one of list) one[Symbol.dispose]();
}

/**
 * Two monikers one after the other, simplified where they meet (CreateGenericComposite): an anti moniker takes away what stands on its left, files join. Null
 * when nothing is left. The caller owns the result.
 */
export async function composeMonikers(
  naming: Naming,
  first: IMoniker | null,
  rest: IMoniker | null,
): Promise<IMoniker | null> {
  const left = first === null ? [] : naming.componentsOf(first);
  const right = rest === null ? [] : naming.componentsOf(rest);
  try {
    await simplify(naming, left, right);
    return assemble(naming, [...left.splice(0), ...right.splice(0)]);
  } finally {
    release(left);
    release(right);
  }
}

/** Components that are simple enough already; taken over. */
function assemble(naming: Naming, parts: IMoniker[]): IMoniker | null {
  const [only] = parts;
  if (only === undefined) return null;
  if (parts.length === 1) return only;
  const { maxComponents } = naming.limits;
  if (parts.length <= maxComponents) return naming.composite(parts);
  release(parts);
  throw new ComError(HResult.E_OUTOFMEMORY, `a composite moniker holds ${maxComponents} components`);
}

/** Composes where left and right meet, as long as the two there have a composition of their own. */
async function simplify(naming: Naming, left: IMoniker[], right: IMoniker[]): Promise<void> {
  for (;;) {
    const [a, b] = [left.at(-1), right[0]];
    if (a === undefined || b === undefined) return;
    const joined = await composeTwo(a, b);
    if (joined === undefined) return;
    left.pop();
    right.shift();
    release([a, b]);
    if (joined === null) continue;
    const parts = naming.componentsOf(joined);
    joined[Symbol.dispose]();
    const [only] = parts;
    // What is left of an anti moniker goes on with what is on the left now.
    if (parts.length === 1 && only !== undefined && implementationOf(only)?.antis !== undefined)
      right.unshift(only);
    else left.push(...parts);
  }
}

/** How often one moniker of somebody else's class may be under way in a composition. Stops a class that answers "only if not generic" with the generic composition. */
const mostUnderWay = 200;
const underWay = new WeakMap<object, number>();

/** Undefined: only the generic composition is there. */
async function composeTwo(a: IMoniker, b: IMoniker): Promise<IMoniker | null | undefined> {
  if (implementationOf(a) !== undefined) return composedSpecially(a, b);
  const other = remoteObjectOf(a) ?? identityOf(a);
  const before = underWay.get(other) ?? 0;
  if (before >= mostUnderWay) throw circle();
  underWay.set(other, before + 1);
  try {
    return await composedSpecially(a, b);
  } finally {
    underWay.set(other, (underWay.get(other) ?? 1) - 1);
  }
}

function circle(): ComError {
  return new ComError(
    HResult.E_UNEXPECTED,
    "a composition goes in circles: ComposeWith must throw MK_E_NEEDGENERIC when it is asked for no generic one and has no other",
  );
}

async function composedSpecially(a: IMoniker, b: IMoniker): Promise<IMoniker | null | undefined> {
  try {
    return await a.ComposeWith(b, 1);
  } catch (error) {
    if (ComError.from(error).code === HResult.MK_E_NEEDGENERIC) return undefined;
    throw error;
  }
}

/** Many monikers, from left to right. They stay the caller's. */
export async function composeAll(naming: Naming, list: readonly IMoniker[]): Promise<IMoniker | null> {
  const parts: IMoniker[] = [];
  try {
    for (const one of list) {
      const right = naming.componentsOf(one);
      try {
        await simplify(naming, parts, right);
        parts.push(...right.splice(0));
      } finally {
        release(right);
      }
    }
    return assemble(naming, parts.splice(0));
  } finally {
    release(parts);
  }
}

/**
 * The longest beginning that two monikers share (MonikerCommonPrefixWith), with MK_S_ME, MK_S_HIM, MK_S_US or S_OK. For monikers that cannot tell it
 * themselves: at least one is a composite. Throws MK_E_NOPREFIX.
 */
export async function commonPrefixOf(naming: Naming, a: IMoniker, b: IMoniker): Promise<IMoniker | null> {
  const [first, second] = [naming.componentsOf(a), naming.componentsOf(b)];
  const shared: IMoniker[] = [];
  try {
    if (first.length < 2 && second.length < 2) throw noPrefix();
    const whole = await collectShared(first, second, shared);
    if (shared.length === 0) throw noPrefix();
    const prefix = await composeAll(naming, shared);
    if (!whole) return prefix;
    const [allOfA, allOfB] = [shared.length === first.length, shared.length === second.length];
    const code = allOfA
      ? allOfB
        ? HResult.MK_S_US
        : HResult.MK_S_ME
      : allOfB
        ? HResult.MK_S_HIM
        : HResult.S_OK;
    return withStatus(code, prefix);
  } finally {
    release(first);
    release(second);
    release(shared);
  }
}

function noPrefix(): ComError {
  return new ComError(HResult.MK_E_NOPREFIX, "the two monikers begin differently");
}

/** Answers whether the shared components are whole ones of both. */
async function collectShared(
  first: readonly IMoniker[],
  second: readonly IMoniker[],
  shared: IMoniker[],
): Promise<boolean> {
  for (const [at, one] of first.entries()) {
    const other = second[at];
    if (other === undefined) return true;
    const answer = { code: 0 };
    const prefix = await partPrefix(one, other, answer);
    if (prefix === null) return true;
    shared.push(prefix);
    if (answer.code !== HResult.MK_S_US) return false;
  }
  return true;
}

async function partPrefix(a: IMoniker, b: IMoniker, answer: { code: number }): Promise<IMoniker | null> {
  try {
    return await a.CommonPrefixWith(b, { status: answer });
  } catch (error) {
    if (ComError.from(error).code === HResult.MK_E_NOPREFIX) return null;
    throw error;
  }
}

/**
 * The moniker that leads from the first to the second (MonikerRelativePathTo): back over what they do not share, and on. MK_S_HIM with the second itself when
 * they share nothing.
 */
export async function relativePathOf(naming: Naming, from: IMoniker, to: IMoniker): Promise<IMoniker | null> {
  const [first, second] = [naming.componentsOf(from), naming.componentsOf(to)];
  let back: IMoniker | null = null;
  let on: IMoniker | null = null;
  try {
    let at = 0;
    while (at < first.length && at < second.length && (await sameAt(first, second, at))) at++;
    const [head, other] = [first[0], second[0]];
    let bridge: IMoniker | null = null;
    if (at === 0 && head !== undefined && other !== undefined) {
      if (first.length < 2 && second.length < 2) throw notReachable();
      const answer = { code: 0 };
      bridge = await head.RelativePathTo(other, { status: answer }); // the first components know the way, or it is refused
      at = 1;
      if (answer.code === HResult.MK_S_HIM) {
        bridge?.[Symbol.dispose]();
        return withStatus(HResult.MK_S_HIM, naming.again(to));
      }
    }
    try {
      const tail = await composeAll(naming, first.slice(at));
      back = tail === null ? null : await inverseOf(tail);
      on = await composeAll(naming, bridge === null ? second.slice(at) : [bridge, ...second.slice(at)]);
    } finally {
      bridge?.[Symbol.dispose]();
    }
    return await composeMonikers(naming, back, on);
  } finally {
    release(first);
    release(second);
    back?.[Symbol.dispose]();
    on?.[Symbol.dispose]();
  }
}

async function inverseOf(tail: IMoniker): Promise<IMoniker | null> {
  try {
    return await tail.Inverse();
  } finally {
    tail[Symbol.dispose]();
  }
}

async function sameAt(first: readonly IMoniker[], second: readonly IMoniker[], at: number): Promise<boolean> {
  const [a, b] = [first[at], second[at]];
  return a !== undefined && b !== undefined && (await isEqual(a, b));
}

function notReachable(): ComError {
  return new ComError(HResult.MK_E_NOTBINDABLE, "no path leads from one moniker to the other");
}
