import { type Context, TraceFlags, isSpanContextValid, context, trace } from "@opentelemetry/api";
import { type Guid, guid } from "../base/index.ts";
import type { ChannelHook, OrpcExtent } from "../dcom/index.ts";

/** The ORPC extension our spans travel in: the text of a W3C traceparent. Who does not know it passes over it ([MS-DCOM] 2.2.13.2). */
const extensionId: Guid = guid("5d7b3f0e-64a1-4c0c-9a35-2e1f8f0c7d41");

const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Sends the active span along with each call. */
export const propagation: ChannelHook = {
  id: extensionId,
  clientFill() {
    const span = trace.getSpan(context.active())?.spanContext();
    if (span === undefined || !isSpanContextValid(span)) return undefined;
    const flags = span.traceFlags.toString(16).padStart(2, "0");
    return new TextEncoder().encode(`00-${span.traceId}-${span.spanId}-${flags}`);
  },
};

/** The caller's span, when it came along; anything else in its place is passed over. */
export function readTraceparent(base: Context, extents: readonly OrpcExtent[]): Context | undefined {
  const data = extents.find(({ id }) => id === extensionId)?.data;
  if (data === undefined) return undefined;
  const match = traceparent.exec(new TextDecoder().decode(data.subarray(0, 55)));
  const [, traceId = "", spanId = "", flags = ""] = match ?? [];
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return match !== null && isSpanContextValid(span) ? trace.setSpanContext(base, span) : undefined;
}

/** A causality as a trace: its 16 bytes are the trace's, so calls of one origin are one trace without anything being sent for it. */
export function causalityContext(base: Context, causality: Guid): Context {
  const traceId = causality.replaceAll("-", "");
  const span = {
    traceId,
    spanId: traceId.slice(16),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  };
  return isSpanContextValid(span) ? trace.setSpanContext(base, span) : base;
}
