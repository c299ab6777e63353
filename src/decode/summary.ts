import type { DecodedPdu, Json } from "./session/decoded.ts";

/**
 * What other dissectors report too, one line a PDU: frame, stream, type, call id, presentation contexts, interfaces and operation
 * number, with tabs between. Binds list all they offer; answers to binds name no interface of their own.
 */
export function summaryRows(pdus: Iterable<DecodedPdu>): string[] {
  return Array.from(pdus, (pdu) => {
    const offered = contextsOffered(pdu);
    const { contexts, interfaces } = offered ?? ofCall(pdu);
    return [pdu.frame, pdu.stream, pdu.type, pdu.callId, contexts, interfaces, pdu.opnum ?? ""].join("\t");
  });
}

function ofCall(pdu: DecodedPdu): { contexts: string; interfaces: string } {
  if (pdu.type === "bind_ack" || pdu.type === "alter_context_resp") return { contexts: "", interfaces: "" };
  return { contexts: String(pdu.contextId ?? ""), interfaces: pdu.interface?.uuid ?? "" };
}

function contextsOffered(pdu: DecodedPdu): { contexts: string; interfaces: string } | undefined {
  const list = member(pdu.body, "contexts");
  if (!Array.isArray(list)) return undefined;
  const contexts = list.map((item: Json) => text(member(item, "contextId"))).join(",");
  const interfaces = list.map((item: Json) => text(member(member(item, "interface"), "uuid"))).join(",");
  return { contexts, interfaces };
}

function member(value: Json, name: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return (value as { readonly [key: string]: Json })[name];
}

function text(value: Json): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
