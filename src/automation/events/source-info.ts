import { ComError, type Guid, HResult } from "../../base/index.ts";
import type { IUnknown } from "../../com/index.ts";
import {
  type CallOptions,
  type Interface,
  type InterfaceDescriptor,
  knownInterface,
} from "../../ndr/index.ts";
import { IDispatch, type ITypeInfo, TYPEKIND } from "../gen/oaidl.ts";
import { IPropertyNotifySink, IProvideClassInfo, IProvideClassInfo2 } from "../gen/ocidl.ts";
import { membersOfInterface } from "../invoke/interface-members.ts";
import { askContainer } from "./advise.ts";
import { ConnectStatus } from "./status.ts";

/*
 * Which events an object has, for one who has no contract of them: it says so itself (IProvideClassInfo), in terms of its type library.
 */

/** Who knows contracts beside this program's own: a runtime, by the type libraries of its registry. */
export interface Contracts {
  contractOf(iid: Guid): InterfaceDescriptor | undefined;
}

/** A source interface as it was found. */
export interface FoundSource {
  readonly iid: Guid;
  /** The contract, when this program has it. */
  readonly contract: Interface<unknown> | undefined;
  /** The events of a dispinterface. */
  readonly events: EventNames;
}

/** Events by name, in any letter case, and by DISPID. */
class EventNames {
  readonly #names = new Map<number, string>();
  readonly #ids = new Map<string, number>();

  add(name: string, dispId: number): void {
    this.#names.set(dispId, name);
    this.#ids.set(name.toLowerCase(), dispId);
  }

  nameOf(dispId: number): string | undefined {
    return this.#names.get(dispId);
  }

  /** The name as it is spelt; undefined when there is no such event. */
  spelling(name: string): string | undefined {
    const id = this.#ids.get(name.toLowerCase());
    return id === undefined ? undefined : this.#names.get(id);
  }

  get names(): readonly string[] {
    return [...this.#names.values()];
  }
}

/** The most events of an interface, and interfaces of a class, that are asked for. Stops a server from keeping its client busy. */
const maxMembers = 4096;

const GUIDKIND_DEFAULT_SOURCE_DISP_IID = 1;
const IMPLTYPEFLAG_FDEFAULT = 1;
const IMPLTYPEFLAG_FSOURCE = 2;

/**
 * The default source interface of an object: what it says itself, else that of its class in the type library, else the first of its connection points.
 * Throws CONNECT_E_NOCONNECTION when there is none.
 */
export async function defaultSource(
  object: IUnknown,
  call: CallOptions,
  contracts: Contracts | undefined,
): Promise<FoundSource> {
  const iid =
    (await orNothing(() => statedSource(object, call))) ??
    (await orNothing(() => describedSource(object, call))) ??
    (await firstPoint(object, call));
  if (iid !== undefined) return describeSource(object, iid, call, contracts);
  throw new ComError(ConnectStatus.NOCONNECTION, "the object does not say which events it has");
}

/** What there is to know of a source interface of an object. */
async function describeSource(
  object: IUnknown,
  iid: Guid,
  call: CallOptions,
  contracts: Contracts | undefined,
): Promise<FoundSource> {
  const contract = knownInterface(iid) ?? contracts?.contractOf(iid);
  if (contract !== undefined) return { iid, contract, events: namesOf(contract) };
  const events =
    (await orNothing(() => namesFromClass(object, iid, call))) ??
    (await orNothing(() => namesFromLibrary(object, iid, call)));
  if (events !== undefined) return { iid, contract: undefined, events };
  throw new ComError(
    ConnectStatus.CANNOTCONNECT,
    `nothing tells what the events {${iid}} are: the program has no contract of them, the object no type library`,
  );
}

function namesOf(contract: InterfaceDescriptor): EventNames {
  const events = new EventNames();
  for (const { name, dispId, functions } of membersOfInterface(contract)) {
    if (functions.some(({ kind }) => kind === "method")) events.add(name, dispId);
  }
  return events;
}

async function statedSource(object: IUnknown, call: CallOptions): Promise<Guid> {
  using info = await object.QueryInterface(IProvideClassInfo2, call);
  return info.GetGUID(GUIDKIND_DEFAULT_SOURCE_DISP_IID, call);
}

async function describedSource(object: IUnknown, call: CallOptions): Promise<Guid | undefined> {
  return withSources(object, call, async (source, flags) =>
    flags & IMPLTYPEFLAG_FDEFAULT ? guidOf(source, call) : undefined,
  );
}

async function namesFromClass(
  object: IUnknown,
  iid: Guid,
  call: CallOptions,
): Promise<EventNames | undefined> {
  return withSources(object, call, async (source) =>
    (await guidOf(source, call)) === iid ? readNames(source, call) : undefined,
  );
}

/** Goes over the source interfaces of the object's class until `use` has an answer. */
async function withSources<T>(
  object: IUnknown,
  call: CallOptions,
  use: (source: ITypeInfo, flags: number) => Promise<T | undefined>,
): Promise<T | undefined> {
  using provider = await object.QueryInterface(IProvideClassInfo, call);
  using coclass = await provider.GetClassInfo(call);
  const { ppTypeAttr } = (await coclass?.GetTypeAttr(call)) ?? {};
  const count = Math.min(ppTypeAttr?.cImplTypes ?? 0, maxMembers);
  for (let i = 0; i < count; i++) {
    const flags = (await coclass?.GetImplTypeFlags(i, call)) ?? 0;
    if ((flags & IMPLTYPEFLAG_FSOURCE) === 0) continue;
    const reference = (await coclass?.GetRefTypeOfImplType(i, call)) ?? 0;
    using source = await coclass?.GetRefTypeInfo(reference, call);
    const answer = source ? await use(source, flags) : undefined;
    if (answer !== undefined) return answer;
  }
  return undefined;
}

async function namesFromLibrary(
  object: IUnknown,
  iid: Guid,
  call: CallOptions,
): Promise<EventNames | undefined> {
  using dispatch = await object.QueryInterface(IDispatch, call);
  using own = await dispatch.GetTypeInfo(0, 0, call);
  const { ppTLib } = (await own?.GetContainingTypeLib(call)) ?? {};
  using library = ppTLib;
  using source = await library?.GetTypeInfoOfGuid(iid, call);
  return source ? readNames(source, call) : undefined;
}

async function guidOf(info: ITypeInfo, call: CallOptions): Promise<Guid | undefined> {
  return (await info.GetTypeAttr(call)).ppTypeAttr?.guid;
}

/** The methods of a dispinterface; of an interface with a vtable nothing: it cannot be called without a contract. */
async function readNames(info: ITypeInfo, call: CallOptions): Promise<EventNames | undefined> {
  const { ppTypeAttr } = await info.GetTypeAttr(call);
  if (ppTypeAttr?.typekind !== TYPEKIND.TKIND_DISPATCH) return undefined;
  const events = new EventNames();
  const count = Math.min(ppTypeAttr.cFuncs, maxMembers);
  for (let i = 0; i < count; i++) {
    const { ppFuncDesc } = await info.GetFuncDesc(i, call);
    const id = ppFuncDesc?.memid ?? 0;
    if (ppFuncDesc === null || isOfDispatch(id)) continue;
    const { rgBstrNames } = await info.GetNames(id, 1, call);
    const [name] = rgBstrNames;
    if (name !== undefined && name !== null) events.add(name, id);
  }
  return events;
}

/** The type description of a dispinterface lists IDispatch's own methods first, with numbers of their own. */
function isOfDispatch(memid: number): boolean {
  return memid >= 0x60000000 && memid <= 0x60010003;
}

async function firstPoint(object: IUnknown, call: CallOptions): Promise<Guid | undefined> {
  using container = await askContainer(object, call);
  using all = await container.EnumConnectionPoints(call);
  for (let i = 0; i < maxMembers; i++) {
    const { ppCP } = (await all?.Next(1, call)) ?? { ppCP: [] };
    using point = ppCP[0];
    if (point === undefined || point === null) return undefined;
    const iid = await point.GetConnectionInterface(call);
    if (iid !== IPropertyNotifySink.iid) return iid;
  }
  return undefined;
}

/** What an object that does not have it, or does not know, answers. */
async function orNothing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const { code } = ComError.from(error);
    if (nothing.has(code) || code >>> 16 === 0x8002) return undefined;
    throw error;
  }
}

const nothing: ReadonlySet<number> = new Set([
  HResult.E_NOINTERFACE,
  HResult.E_NOTIMPL,
  HResult.E_UNEXPECTED,
  HResult.E_INVALIDARG,
  HResult.E_FAIL,
]);
