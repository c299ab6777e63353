import { ComError, type Guid, HResult, guid } from "../../base/index.ts";
import { type ClassDefinition, defineClass } from "../class.ts";
import { ISynchronize } from "../gen/objidl.ts";
import { ISynchronizeContainer } from "../gen/objidlbase.ts";
import { duplicate, identityOf, isPointer, pointerTo, remoteObjectOf } from "../pointers.ts";
import type { Given, Implements } from "../unknown.ts";
import { Synchronize, pending } from "./synchronize.ts";

/** Makes events that reset themselves: one signal, one waiter. */
export const CLSID_StdEvent: Guid = guid("0000032b-0000-0000-c000-000000000046");
/** Makes events that stay signalled until `Reset`. */
export const CLSID_ManualResetEvent: Guid = guid("0000032c-0000-0000-c000-000000000046");
export const CLSID_SynchronizeContainer: Guid = guid("0000032d-0000-0000-c000-000000000046");

/** MAXIMUM_WAIT_OBJECTS. */
const most = 64;

/**
 * Waits for the first of several (ISynchronizeContainer, CoWaitForMultipleHandles): events, call objects. It holds what is added until its own end. Nobody else's
 * thread stops meanwhile; for promises, `Promise.race` does the same.
 */
export class SynchronizeContainer implements Implements<ISynchronizeContainer> {
  static readonly interfaces: readonly [typeof ISynchronizeContainer] = [ISynchronizeContainer];
  readonly #members: ISynchronize[] = [];

  /** Throws RPC_E_OUT_OF_RESOURCES beyond 64. */
  AddSynchronize(pSync: Given<ISynchronize> | null): void {
    if (pSync === null) throw new ComError(HResult.E_INVALIDARG, "there is nothing to wait for");
    if (this.#members.length >= most)
      throw new ComError(RPC_E_OUT_OF_RESOURCES, `a container holds ${most} objects at most`);
    // The method is local: what it is given is the caller's own handle, or an implementation object.
    this.#members.push(isPointer(pSync) ? duplicate(pSync) : pointerTo(pSync, ISynchronize));
  }

  /**
   * Answers the first that is signalled; the reference is the caller's. Rejects with RPC_S_CALLPENDING when the time is over, RPC_E_NO_SYNC when there is nothing
   * to wait for. The others keep their signals.
   */
  async WaitMultiple(dwFlags: number, dwTimeOut: number): Promise<ISynchronize> {
    if (this.#members.length === 0) throw new ComError(RPC_E_NO_SYNC, "the container is empty");
    for (const member of this.#members) if (await isSignaled(member, dwFlags)) return duplicate(member);
    if (dwTimeOut === 0) throw pending();
    const stop = new AbortController();
    let first: ISynchronize | undefined;
    const waits = this.#members.map(async (member) => {
      await wait(member, dwFlags, dwTimeOut, stop.signal);
      // Two may be signalled in one turn: the second keeps its signal.
      if (first !== undefined) return eventOf(member)?.Signal();
      first = member;
      return stop.abort();
    });
    // All have ended before there is an answer: none takes a signal that comes later.
    const ends = await Promise.allSettled(waits);
    if (first !== undefined) return duplicate(first);
    const failure = ends.find((one) => one.status === "rejected");
    throw ComError.from(failure?.reason);
  }

  finalRelease(): void {
    for (const member of this.#members.splice(0)) member.Release();
  }
}

const RPC_E_OUT_OF_RESOURCES = 0x80010101;
const RPC_E_NO_SYNC = 0x80010120;

async function wait(member: ISynchronize, flags: number, time: number, signal: AbortSignal): Promise<void> {
  const event = eventOf(member);
  if (event === undefined) await member.Wait(flags, time, { signal });
  else await event.waitUntil(time, signal);
}

async function isSignaled(member: ISynchronize, flags: number): Promise<boolean> {
  try {
    await member.Wait(flags, 0);
    return true;
  } catch (error) {
    if (ComError.from(error).code === pending().code) return false;
    throw error;
  }
}

/** An event of this apartment, which gives up waits and takes signals back. */
function eventOf(member: ISynchronize): Synchronize | undefined {
  if (remoteObjectOf(member) !== undefined) return undefined;
  const { object } = identityOf(member);
  return object instanceof Synchronize ? object : undefined;
}

class StdEvent extends Synchronize {
  constructor() {
    super({ autoReset: true });
  }
}

class ManualResetEvent extends Synchronize {
  constructor() {
    super({ autoReset: false });
  }
}

/** The events and the container as classes every runtime has. */
export const synchronizeClasses: readonly ClassDefinition[] = [
  defineClass({ clsid: CLSID_StdEvent, name: "StdEvent" }, StdEvent),
  defineClass({ clsid: CLSID_ManualResetEvent, name: "ManualResetEvent" }, ManualResetEvent),
  defineClass(
    {
      clsid: CLSID_SynchronizeContainer,
      name: "SynchronizeContainer",
      interfaces: [ISynchronizeContainer],
    },
    SynchronizeContainer,
  ),
];
