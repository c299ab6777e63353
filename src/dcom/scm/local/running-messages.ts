import type { RunningLine } from "../../resolver-contract.ts";
import type { RunningObject } from "../running-table.ts";
import { type Fields, formatBytes, formatU64 } from "./fields.ts";

/* The Running Object Table on the local link. */

export function writeRunningLine({ line, key, name, saved, changed, anyClient }: RunningLine): object {
  return {
    line,
    key: formatBytes(key),
    name,
    saved: saved && formatBytes(saved),
    changed: formatU64(changed),
    anyClient,
  };
}

export function readRunningLine(fields: Fields): RunningLine {
  const saved = fields.optionalBytes("saved");
  return {
    line: fields.number("line"),
    key: fields.bytes("key"),
    name: fields.text("name"),
    ...(saved === undefined ? {} : { saved }),
    changed: fields.u64("changed"),
    anyClient: fields.flag("anyClient"),
  };
}

/** A line as whoever lists the table sees it. */
export interface ListedRunning {
  readonly id: number;
  readonly name: string;
  readonly saved: Uint8Array | undefined;
  /** When it changed last, a FILETIME number. */
  readonly changed: bigint;
  /** The process that registered it, and what a person calls it. */
  readonly pid: number;
  readonly process: string;
}

export function writeListed(entries: readonly RunningObject[], more: boolean): object {
  return {
    more,
    lines: entries.map(({ id, name, saved, changed, owner }) => ({
      id,
      name,
      saved: saved && formatBytes(saved),
      changed: formatU64(changed),
      pid: owner.registration.pid,
      process: owner.registration.name,
    })),
  };
}

export function readListed(fields: Fields): readonly ListedRunning[] {
  return fields.records("lines").map((line) => ({
    id: line.number("id"),
    name: line.text("name"),
    saved: line.optionalBytes("saved"),
    changed: line.u64("changed"),
    pid: line.number("pid"),
    process: line.text("process"),
  }));
}
