import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { Kind, Transport } from "./contender.js";
import type { Figure } from "./processes.js";
import type { Row } from "./row.js";
import type { Target } from "./targets.js";

export interface CallRow extends Figure {
  readonly contender: string;
  readonly transport: Transport;
  readonly kind: Kind;
  readonly outstanding: number;
}

const page = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));
const begin = "<!-- results: written by npm run bench -- --write -->";
const end = "<!-- end of results -->";

/** Collects what was measured, prints it as it comes, and compares it with what is to be reached. */
export class Report {
  readonly #calls: CallRow[] = [];
  readonly #rows: Row[] = [];
  readonly #lines: string[] = [];

  way(transport: Transport, kind: Kind, outstanding: number): void {
    const what = kind === "small" ? "two i32 in, one out" : "64 KiB there and back";
    this.#title(`${what}, ${outstanding} outstanding, ${transport === "unix" ? "Unix socket" : "TCP"}`);
  }

  call(row: CallRow): void {
    this.#calls.push(row);
    const bare = this.calls("bare socket, coalesced", row.transport, row.kind, row.outstanding);
    const ratio = bare === undefined ? "" : (row.callsPerSecond / bare).toFixed(3);
    this.#print([row.contender, thousands(row.callsPerSecond), `${row.cpuPerCall.toFixed(1)} µs`, ratio]);
  }

  local(row: Row): void {
    if (!this.#rows.some((before) => before.work === row.work))
      this.#title(row.work, ["", "per second", "", "of the first"]);
    this.#rows.push(row);
    const first = this.#rows.find((before) => before.work === row.work) as Row;
    this.#print([row.contender, thousands(row.perSecond), "", (row.perSecond / first.perSecond).toFixed(3)]);
  }

  /** Calls per second of one contender in one way; undefined when it was not measured. */
  calls(contender: string, transport: Transport, kind: Kind, outstanding: number): number | undefined {
    return this.#calls.find(
      (row) =>
        row.contender === contender &&
        row.transport === transport &&
        row.kind === kind &&
        row.outstanding === outstanding,
    )?.callsPerSecond;
  }

  /** The fastest peer that is neither ours nor the bare limit. */
  fastestPeer(transport: Transport, kind: Kind, outstanding: number): number | undefined {
    const peers = this.#calls.filter(
      (row) =>
        !/^(comity|bare)/.test(row.contender) &&
        row.transport === transport &&
        row.kind === kind &&
        row.outstanding === outstanding,
    );
    return peers.length === 0 ? undefined : Math.max(...peers.map((row) => row.callsPerSecond));
  }

  rate(work: string, contender: string): number | undefined {
    return this.#rows.find((row) => row.work === work && row.contender === contender)?.perSecond;
  }

  targets(list: readonly Target[]): void {
    this.#title("What is to be reached", ["", "wanted", "measured", ""]);
    for (const target of list) {
      const measured = target.measure(this);
      const verdict =
        measured === undefined ? "not measured" : measured >= target.atLeast ? "reached" : "missed";
      this.#print([target.what, `≥ ${target.atLeast}`, measured?.toFixed(2) ?? "–", verdict]);
    }
  }

  write(): void {
    const text = readFileSync(page, "utf8");
    const model = cpus()[0]?.model ?? "unknown CPU";
    const head = `Node ${process.version}, ${cpus().length} × ${model}, ${new Date().toISOString().slice(0, 10)}.\n`;
    const before = text.slice(0, text.indexOf(begin) + begin.length);
    const after = text.slice(text.indexOf(end));
    writeFileSync(page, `${before}\n\n${head}${this.#lines.join("\n")}\n\n${after}`);
  }

  #title(title: string, head: readonly string[] = ["", "calls/s", "CPU a call", "of the bare socket"]): void {
    console.log(`\n${title}`);
    this.#lines.push("", `### ${title}`, "", `| ${head.join(" | ")} |`, `|---|--:|--:|--:|`);
  }

  #print(cells: readonly string[]): void {
    const [first = "", ...rest] = cells;
    console.log(`  ${first.padEnd(58)} ${rest.map((cell) => cell.padStart(13)).join(" ")}`);
    this.#lines.push(`| ${cells.join(" | ")} |`);
  }
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString("en");
}
