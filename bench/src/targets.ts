import { warm } from "./activation.js";
import { mshtml, parsing, wholeSet } from "./idl.js";
import type { Report } from "./report.js";
import { threads } from "./threads.js";

/** A ratio to reach, measured in one run and one way. */
export interface Target {
  readonly what: string;
  readonly atLeast: number;
  measure(report: Report): number | undefined;
}

const bare = "bare socket, coalesced";

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}

function against(
  what: string,
  atLeast: number,
  peer: string,
  kind: "small" | "large",
  outstanding: number,
): Target {
  return {
    what,
    atLeast,
    measure: (report) =>
      ratio(report.calls("comity", "unix", kind, outstanding), report.calls(peer, "unix", kind, outstanding)),
  };
}

function aheadOfPeers(outstanding: number): Target {
  return {
    what: `64 KiB, ${outstanding} outstanding: of the fastest peer`,
    atLeast: 1,
    measure: (report) =>
      ratio(
        report.calls("comity", "unix", "large", outstanding),
        report.fastestPeer("unix", "large", outstanding),
      ),
  };
}

function between(work: string, ours: string, peer: string, atLeast: number): Target {
  const measure = (report: Report): number | undefined =>
    ratio(report.rate(work, ours), report.rate(work, peer));
  return { what: `${work}: of ${peer}`, atLeast, measure };
}

function marshaling(work: string, peer: string, atLeast: number): Target {
  return {
    what: `${work}: NDR of ${peer}`,
    atLeast,
    measure: (report) => ratio(report.rate(work, "comity NDR"), report.rate(work, peer)),
  };
}

export const targets: readonly Target[] = [
  against("small, 1 outstanding: of the bare socket", 0.75, bare, "small", 1),
  against("small, 64 outstanding: of the bare socket", 0.4, bare, "small", 64),
  against("small, 1 outstanding: of @grpc/grpc-js", 9, "@grpc/grpc-js", "small", 1),
  against("small, 64 outstanding: of @grpc/grpc-js", 40, "@grpc/grpc-js", "small", 64),
  against("small, 64 outstanding: of omniORB", 8, "omniORB (C++)", "small", 64),
  against("small, 64 outstanding: of child_process IPC", 1.5, "child_process IPC", "small", 64),
  against("64 KiB, 1 outstanding: of the bare socket", 0.5, bare, "large", 1),
  against("64 KiB, 64 outstanding: of the bare socket", 0.5, bare, "large", 64),
  aheadOfPeers(1),
  aheadOfPeers(64),
  {
    what: "small, 64 outstanding, sealed: of @grpc/grpc-js in clear (TCP)",
    atLeast: 10,
    measure: (report) =>
      ratio(
        report.calls("comity, privacy", "tcp", "small", 64),
        report.calls("@grpc/grpc-js", "tcp", "small", 64),
      ),
  },
  {
    what: "in the apartment: of a plain method call (a third is within 3 times)",
    atLeast: 0.333,
    measure: (report) =>
      ratio(
        report.rate("a method call in the apartment", "comity interface pointer"),
        report.rate("a method call in the apartment", "plain method call"),
      ),
  },
  {
    what: "warm local activation: of two bare local calls (0.67 is within 1.5 times their time)",
    atLeast: 0.667,
    measure: (report) =>
      ratio(report.rate(warm, "comity createInstance"), report.rate(warm, "two bare local calls")),
  },
  {
    what: "IDL parsed and bound: of 3 MB a second",
    atLeast: 1,
    measure: (report) => ratio(report.rate(parsing, "comity, warm"), 3_000_000),
  },
  {
    what: "IDL of Wine, the whole set: of widl",
    atLeast: 1,
    measure: (report) =>
      ratio(report.rate(wholeSet, "comity, one process"), report.rate(wholeSet, "widl, a process a file")),
  },
  {
    what: "mshtml.idl, start included: of widl (half is within twice its time)",
    atLeast: 0.5,
    measure: (report) => ratio(report.rate(mshtml, "comity idl --json"), report.rate(mshtml, "widl")),
  },
  between(threads.calls, "comity", "bare postMessage", 0.7),
  between(threads.calls, "comity", "comlink", 1.3),
  between(threads.synchronous, "comity, synchronous", "bare SharedArrayBuffer hand-over", 0.7),
  between(threads.synchronous, "comity, synchronous", "comlink", 1.7),
  marshaling("ten fields with strings", "hand-written NDR", 0.9),
  marshaling("ten fields with strings", "protobufjs", 2),
  marshaling("1,000 structs", "hand-written NDR", 0.9),
  marshaling("1,000 structs", "protobufjs", 2),
];
