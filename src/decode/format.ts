import type { AuthSummary, DecodedPdu, Json } from "./session/decoded.ts";

export interface FormatOptions {
  /** Prints what the PDU says below its line. */
  readonly verbose?: boolean | undefined;
}

/** One line for a PDU, and with `verbose` its fields below, indented. Without a line end. */
export function formatPdu(pdu: DecodedPdu, options: FormatOptions = {}): string {
  const line = [place(pdu), pdu.type, `call ${pdu.callId}`, target(pdu), ...remarks(pdu)]
    .filter((part) => part !== "")
    .join("  ");
  if (options.verbose !== true) return line;
  return [line, ...details(pdu)].join("\n");
}

function place(pdu: DecodedPdu): string {
  const arrow = `${pdu.source} > ${pdu.destination}`;
  const stream = pdu.carrier === "tcp" ? "" : pdu.carrier === "udp" ? " udp" : ` \\pipe\\${pdu.pipe ?? "?"}`;
  return `${String(pdu.frame).padStart(6)}  ${pdu.stream}${stream}  ${arrow}`;
}

/** Interface and method; of a bind all that is offered. */
function target(pdu: DecodedPdu): string {
  const { interface: of } = pdu;
  const name = of === undefined ? "" : (of.name ?? `${of.uuid} v${of.version}`);
  if (pdu.opnum === undefined) return name;
  const method = pdu.method ?? `opnum ${pdu.opnum}`;
  return name === "" ? `context ${pdu.contextId ?? "?"} ${method}` : `${name}.${method}`;
}

function remarks(pdu: DecodedPdu): string[] {
  const list: string[] = [];
  if (pdu.fragment !== undefined) list.push(`${pdu.fragment} fragment`);
  if (pdu.auth !== undefined) list.push(authText(pdu.auth));
  if (pdu.status !== undefined && (pdu.status.code !== 0 || pdu.type === "fault")) list.push(pdu.status.name);
  if (pdu.object !== undefined) list.push(`object ${pdu.object}`);
  const sealed = memberOf(pdu.body, "sealed");
  if (sealed === true) list.push("sealed");
  if (pdu.error !== undefined) list.push(`(${pdu.error})`);
  return list;
}

function authText(auth: AuthSummary): string {
  const verdict = auth.verified === undefined ? "" : auth.verified ? " verified" : " WRONG SIGNATURE";
  return `${auth.typeName} ${auth.levelName}${verdict}`;
}

function details(pdu: DecodedPdu): string[] {
  const list: string[] = [`        time: ${pdu.time}`, `        flags: ${pdu.flags.join(" ")}`];
  if (pdu.auth?.token !== undefined) list.push(...tree("token", pdu.auth.token, 4));
  if (pdu.status !== undefined) list.push(...tree("status", { ...pdu.status }, 4));
  if (typeof pdu.body === "object" && pdu.body !== null) {
    for (const [key, value] of Object.entries(pdu.body)) list.push(...tree(key, value, 4));
  }
  return list;
}

/** The longest list of plain values printed on one line, characters. */
const LINE = 160;

/** A value as indented lines: `name: value`, members below. */
export function tree(name: string, value: Json, depth = 0): string[] {
  const indent = "  ".repeat(depth);
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null) return [`${indent}${name}: ${String(value)}`];
  const short = oneLine(value);
  if (short !== undefined) return [`${indent}${name}: ${short}`];
  const members = Array.isArray(value)
    ? value.map((item: Json, i): [string, Json] => [`[${i}]`, item])
    : Object.entries(value as { readonly [key: string]: Json });
  return [`${indent}${name}`, ...members.flatMap(([key, item]) => tree(key, item, depth + 1))];
}

/** A list of plain values, or nothing at all, fits on the line of its name. */
function oneLine(value: object): string | undefined {
  const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
  if (items.length === 0) return Array.isArray(value) ? "(none)" : "";
  if (!Array.isArray(value) || items.some((item) => typeof item === "object" && item !== null))
    return undefined;
  const text = items.join(" ");
  return text.length <= LINE ? text : undefined;
}

function memberOf(value: Json, name: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return (value as { readonly [key: string]: Json })[name];
}
