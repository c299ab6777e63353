import { readSync } from "node:fs";
import { ComError, HResult } from "../base/index.ts";

/** Where a command writes; tests collect it. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
  /** Bytes as they are; what lacks it gets them as text. */
  raw?(bytes: Uint8Array): void;
  /** Resolves once the reader has caught up; what lacks it never falls behind. */
  drained?(): Promise<void>;
}

/** A JSON text of a value with big numbers as decimal strings and bytes in hexadecimal. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item === "bigint") return item.toString();
      if (item instanceof Uint8Array) return Buffer.from(item).toString("hex");
      return item;
    },
    indent,
  );
}

/** Columns side by side, as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `${cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd()}\n`;
  return line(head) + rows.map(line).join("");
}

/** The first line of standard input: a password that must not stand in the process list. */
export function firstLineOfInput(): string {
  const bytes: number[] = [];
  const one = Buffer.alloc(1);
  while (bytes.length < 4096 && readSync(0, one, 0, 1, null) === 1) {
    const byte = one[0] as number;
    if (byte === 0x0a) break;
    bytes.push(byte);
  }
  const line = Buffer.from(bytes).toString("utf8").replace(/\r$/, "");
  if (line === "") throw new ComError(HResult.E_INVALIDARG, "no password on standard input");
  return line;
}
