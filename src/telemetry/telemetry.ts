import {
  type Attributes,
  type Context,
  type Histogram,
  type Meter,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  context,
  metrics,
  trace,
} from "@opentelemetry/api";
import { ComError, HResult, failed, hex32, nameOfStatus } from "../base/index.ts";
import type { CallObserver, IncomingCall, ObservedCall, RemotingOptions } from "../dcom/index.ts";
import { causalityContext, propagation, readTraceparent } from "./propagation.ts";

export interface TelemetryOptions {
  /** Default: the one of the globally registered provider, named `comity`. */
  readonly tracer?: Tracer;
  readonly meter?: Meter;
}

/**
 * A span and a measure for every call between apartments, in and out, through the OpenTelemetry API: `openRuntime({ remoting: telemetry() })`. What is
 * done with them is up to the SDK the program registers; without one nothing happens.
 *
 * Spans hang together over processes and machines: the caller's span travels along as an ORPC extension, and where none came (the caller is a Windows
 * program, say) the causality identifier of the call is the trace, so that all calls of one origin are one trace, whoever took part.
 */
export function telemetry(options: TelemetryOptions = {}): Pick<RemotingOptions, "observers" | "hooks"> {
  const tracer = options.tracer ?? trace.getTracer("comity");
  const meter = options.meter ?? metrics.getMeter("comity");
  return { observers: [new CallTelemetry(tracer, meter)], hooks: [propagation] };
}

/** One call while it runs. */
interface Running {
  readonly span: Span;
  readonly attributes: Attributes;
  readonly histogram: Histogram;
  readonly started: number;
}

class CallTelemetry implements CallObserver {
  readonly #tracer: Tracer;
  readonly #sent: Histogram;
  readonly #served: Histogram;

  constructor(tracer: Tracer, meter: Meter) {
    this.#tracer = tracer;
    const unit = { unit: "ms" };
    this.#sent = meter.createHistogram("rpc.client.duration", { ...unit, description: "calls sent" });
    this.#served = meter.createHistogram("rpc.server.duration", { ...unit, description: "calls served" });
  }

  outgoing(call: ObservedCall, run: () => Promise<unknown>): Promise<unknown> {
    const active = context.active();
    const parent = trace.getSpan(active) === undefined ? causalityContext(active, call.causality) : active;
    const running = this.#start(call, SpanKind.CLIENT, parent, this.#sent);
    return context.with(trace.setSpan(parent, running.span), run).then(
      (result) => {
        end(running, HResult.S_OK);
        return result;
      },
      (error: unknown) => {
        end(running, ComError.from(error).code, error);
        throw error;
      },
    );
  }

  incoming(call: IncomingCall, run: () => void | Promise<void>): void | Promise<void> {
    const active = context.active();
    const parent = readTraceparent(active, call.extents) ?? causalityContext(active, call.causality);
    const running = this.#start(call, SpanKind.SERVER, parent, this.#served);
    if (call.caller !== undefined)
      running.span.setAttribute("enduser.id", `${call.caller.domain}\\${call.caller.user}`);
    const refused = (error: unknown): never => {
      end(running, ComError.from(error).code, error);
      throw error;
    };
    try {
      const result = context.with(trace.setSpan(parent, running.span), run);
      if (result === undefined) return end(running, call.hresult);
      return result.then(() => end(running, call.hresult), refused);
    } catch (error) {
      return refused(error);
    }
  }

  #start(call: ObservedCall, kind: SpanKind, parent: Context, histogram: Histogram): Running {
    const [service = call.method, method = String(call.opnum)] = call.method.split(".");
    const attributes = { "rpc.system": "dcom", "rpc.service": service, "rpc.method": method };
    const detail = { "dcom.iid": call.iid, "dcom.object": call.object, "dcom.causality": call.causality };
    const span = this.#tracer.startSpan(
      `${service}/${method}`,
      { kind, attributes: { ...attributes, ...detail } },
      parent,
    );
    return { span, attributes, histogram, started: performance.now() };
  }
}

function end({ span, attributes, histogram, started }: Running, hresult: number, error?: unknown): void {
  const type = failed(hresult) ? (nameOfStatus(hresult) ?? hex32(hresult)) : undefined;
  if (type !== undefined) {
    const message = error instanceof Error ? error.message : type;
    span.setAttributes({ "error.type": type, "dcom.hresult": hex32(hresult) });
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  }
  span.end();
  histogram.record(
    performance.now() - started,
    type === undefined ? attributes : { ...attributes, "error.type": type },
  );
}
