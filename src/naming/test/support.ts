import assert from "node:assert/strict";
import { ComError, fromHex, toHex } from "../../base/index.ts";
import { type IMoniker, IROTData, type IRunningObjectTable } from "../../com/gen/objidl.ts";
import { IUnknown, Registry, Runtime, type RuntimeOptions, pointerTo } from "../../com/index.ts";
import { MemoryStore } from "../../store/index.ts";
import {
  createBindCtx,
  createFileMoniker,
  createGenericComposite,
  createItemMoniker,
  createPointerMoniker,
  monikerBytes,
  monikerFromBytes,
} from "../index.ts";

/** A runtime of its own, alone, whose machine is in memory. Every pointer must have been released when it closes. */
export function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return Runtime.open({
    registry: new Registry(new MemoryStore(), { user: "ann" }),
    leaks: "throw",
    ...options,
  });
}

/** Matches a ComError by its code. */
export function withCode(code: number): (error: unknown) => boolean {
  return (error) => (error as ComError).code === code >>> 0;
}

/** An anti moniker that takes back `count`. */
export function anti(runtime: Runtime, count: number): Promise<IMoniker> {
  const bytes = fromHex(`0503000000000000c000000000000046${le32(count)}`);
  return monikerFromBytes(runtime, bytes);
}

export function le32(value: number): string {
  return toHex(new Uint8Array(Uint32Array.of(value).buffer));
}

/**
 * A moniker by a short description: `I1` an item, `A2` two steps back, `P` a pointer, `F…;` a file, `C` two that follow as a composite (as in Wine's tests of
 * monikers).
 */
export async function made(runtime: Runtime, description: string): Promise<IMoniker> {
  const { moniker, rest } = await parse(runtime, description);
  assert.equal(rest, "");
  return moniker;
}

async function parse(runtime: Runtime, text: string): Promise<{ moniker: IMoniker; rest: string }> {
  const kind = text.charAt(0);
  if (kind === "C") {
    const left = await parse(runtime, text.slice(1));
    const right = await parse(runtime, left.rest);
    using a = left.moniker;
    using b = right.moniker;
    const whole = await createGenericComposite(runtime, a, b);
    assert.ok(whole !== null);
    return { moniker: whole, rest: right.rest };
  }
  if (kind === "F") {
    const end = text.indexOf(";");
    return { moniker: createFileMoniker(runtime, text.slice(1, end)), rest: text.slice(end + 1) };
  }
  if (kind === "P") return { moniker: createPointerMoniker(runtime, {}), rest: text.slice(1) };
  const digits = /^\d+/.exec(text.slice(1))?.[0] ?? "";
  const rest = text.slice(1 + digits.length);
  return kind === "A"
    ? { moniker: await anti(runtime, Number(digits)), rest }
    : { moniker: createItemMoniker(runtime, "!", `I${digits}`), rest };
}

export async function nameOf(runtime: Runtime, moniker: IMoniker | null): Promise<string | null> {
  if (moniker === null) return null;
  using context = createBindCtx(runtime);
  return await moniker.GetDisplayName(context, null);
}

/** Display name of a moniker that is released. */
export async function told(runtime: Runtime, moniker: IMoniker | null): Promise<string | null> {
  try {
    return await nameOf(runtime, moniker);
  } finally {
    moniker?.[Symbol.dispose]();
  }
}

/** What follows the CLSID in its saved form, hexadecimal. */
export async function stateOf(runtime: Runtime, moniker: IMoniker): Promise<string> {
  return toHex((await monikerBytes(runtime, moniker)).subarray(16));
}

export async function comparisonOf(moniker: IMoniker): Promise<string> {
  using data = await moniker.QueryInterface(IROTData);
  return toHex((await data.GetComparisonData(2048)).pbData);
}

export function ascii(text: string): string {
  return toHex(new TextEncoder().encode(text));
}

export function wide(text: string): string {
  return toHex(new Uint8Array(Buffer.from(text, "utf16le")));
}

/** The success code of a call. */
export async function codeOf(call: (options: { status: { code: number } }) => unknown): Promise<number> {
  const status = { code: -1 };
  const result: unknown = await call({ status });
  (result as Partial<Disposable> | null | undefined)?.[Symbol.dispose]?.();
  return status.code;
}

/** Names a new object in the table, which keeps it. */
export async function running(table: IRunningObjectTable, moniker: IMoniker | null): Promise<number> {
  using object = pointerTo({}, IUnknown);
  return await table.Register(1, object, moniker);
}
