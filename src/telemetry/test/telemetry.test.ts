import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { SpanKind, SpanStatusCode, context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { ComError, HResult, guid, newGuid } from "../../base/index.ts";
import { IUnknown, implement } from "../../com/index.ts";
import { type ClassCatalog, ObjectSide, Scm } from "../../dcom/index.ts";
import { type Awaitable, type Interface, defineInterface } from "../../ndr/index.ts";
import { hresult, i32, interfacePointer, ref } from "../../ndr/codegen/v1.ts";
import { readTraceparent } from "../propagation.ts";
import { telemetry } from "../index.ts";

interface IBell extends IUnknown {
  Ring(times: number): Awaitable<number>;
  Echo(other: IBell | null, times: number): Awaitable<number>;
}
const IBell: Interface<IBell> = defineInterface<IBell>({
  name: "IBell",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0e01",
  base: () => IUnknown,
  methods: () => [
    {
      name: "Ring",
      opnum: 3,
      params: [
        { name: "times", type: i32, in: true, out: false },
        { name: "rung", type: ref(i32), in: false, out: true, retval: true },
      ],
      returns: hresult,
    },
    {
      name: "Echo",
      opnum: 4,
      params: [
        {
          name: "other",
          type: interfacePointer("IBell", "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0e01"),
          in: true,
          out: false,
        },
        { name: "times", type: i32, in: true, out: false },
        { name: "rung", type: ref(i32), in: false, out: true, retval: true },
      ],
      returns: hresult,
    },
  ],
});

class Bell {
  Ring(times: number): number {
    if (times < 0) throw new ComError(HResult.E_INVALIDARG, "a bell cannot be unrung");
    return times;
  }
  async Echo(other: IBell | null, times: number): Promise<number> {
    await Promise.resolve();
    return (await other?.Ring(times)) ?? 0;
  }
}
implement(Bell, IBell);

const spans = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const measures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: measures, exportIntervalMillis: 3_600_000 });
const meters = new MeterProvider({ readers: [reader] });
const watched = telemetry({ tracer: provider.getTracer("test"), meter: meters.getMeter("test") });

before(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
beforeEach(() => spans.reset());
after(async () => {
  context.disable();
  await meters.shutdown();
});

/** Two processes of one machine; the second calls a bell of the first. */
async function withBells(
  options: Pick<typeof watched, "observers" | "hooks">,
  work: (remote: IBell, local: Bell) => Promise<void>,
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "comity-telemetry-"));
  const none = { launch: undefined, access: undefined };
  const catalog: ClassCatalog = {
    find: () => undefined,
    defaults: () => none,
    settings: () => ({}),
    access: () => undefined,
  };
  const scm = await Scm.open({ home, catalog, port: 0 });
  const open = (): Promise<ObjectSide> =>
    ObjectSide.open({ resolver: scm.machine, minimumLevel: 1, linger: 50, ...options });
  const [server, client] = [await open(), await open()];
  try {
    const objref = server.marshaler.marshalInterface(IBell.iid, new Bell());
    using remote = client.marshaler.unmarshalInterface(IBell.iid, objref) as IBell;
    await work(remote, new Bell());
  } finally {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await scm.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function named(name: string, kind: SpanKind): ReadableSpan {
  const found = spans.getFinishedSpans().filter((span) => span.name === name && span.kind === kind);
  assert.equal(found.length, 1, `${found.length} spans ${name}`);
  return found[0] as ReadableSpan;
}

test("a call and its call-back are four spans of one trace, each the child of the one before", async () => {
  await withBells(watched, async (remote, local) => {
    assert.equal(await remote.Echo(local as unknown as IBell, 3), 3);
  });
  const chain = [
    named("IBell/Echo", SpanKind.CLIENT),
    named("IBell/Echo", SpanKind.SERVER),
    named("IBell/Ring", SpanKind.CLIENT),
    named("IBell/Ring", SpanKind.SERVER),
  ];
  for (const [i, span] of chain.slice(1).entries())
    assert.equal(span.parentSpanContext?.spanId, chain[i]?.spanContext().spanId, span.name);
  const causality = String(chain[0]?.attributes["dcom.causality"]);
  assert.equal(chain[0]?.spanContext().traceId, causality.replaceAll("-", ""), "the causality is the trace");
  assert.ok(chain.every((span) => span.attributes["dcom.causality"] === causality));
  assert.equal(chain[0]?.attributes["rpc.service"], "IBell");
  assert.equal(chain[0]?.attributes["rpc.method"], "Echo");
});

test("a program's own span is the parent, and travels along", async () => {
  const tracer = provider.getTracer("program");
  await withBells(watched, (remote) =>
    tracer.startActiveSpan("morning", async (span) => {
      await remote.Ring(7);
      span.end();
    }),
  );
  const morning = named("morning", SpanKind.INTERNAL);
  const served = named("IBell/Ring", SpanKind.SERVER);
  assert.equal(served.spanContext().traceId, morning.spanContext().traceId);
  assert.equal(named("IBell/Ring", SpanKind.CLIENT).parentSpanContext?.spanId, morning.spanContext().spanId);
});

test("without the extension the causality alone makes one trace", async () => {
  const { observers = [] } = watched;
  await withBells({ observers }, async (remote, local) => {
    await remote.Echo(local as unknown as IBell, 1);
  });
  const all = spans.getFinishedSpans().filter((span) => span.name.startsWith("IBell/"));
  assert.equal(all.length, 4);
  assert.equal(new Set(all.map((span) => span.spanContext().traceId)).size, 1);
});

test("failures are spans with their HRESULT, on both sides, and are measured by it", async () => {
  await withBells(watched, async (remote) => {
    await assert.rejects(async () => remote.Ring(-1), { code: HResult.E_INVALIDARG });
    await remote.Ring(1);
  });
  for (const kind of [SpanKind.CLIENT, SpanKind.SERVER]) {
    const failed = spans
      .getFinishedSpans()
      .find((span) => span.kind === kind && span.status.code === SpanStatusCode.ERROR);
    assert.equal(failed?.attributes["error.type"], "E_INVALIDARG");
    assert.equal(failed?.attributes["dcom.hresult"], "0x80070057");
  }
  await meters.forceFlush();
  const metrics =
    measures
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
  for (const name of ["rpc.client.duration", "rpc.server.duration"]) {
    const points = metrics.find((one) => one.descriptor.name === name)?.dataPoints ?? [];
    const types = new Set(points.map((point) => point.attributes["error.type"]));
    assert.ok(types.has("E_INVALIDARG") && types.has(undefined), name);
  }
});

test("an extension that makes no sense is passed over", () => {
  const extensionId = guid("5d7b3f0e-64a1-4c0c-9a35-2e1f8f0c7d41");
  const read = (text: string, id = extensionId) =>
    readTraceparent(context.active(), [{ id, data: new TextEncoder().encode(text) }]);
  const good = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const found = read(`${good}\0`);
  assert.equal(found && trace.getSpanContext(found)?.spanId, "b".repeat(16));
  for (const text of [
    "",
    "00",
    good.toUpperCase(),
    good.replace(/a/g, "0"),
    `01${good.slice(2)}`,
    "x".repeat(100_000),
  ])
    assert.equal(read(text), undefined, text.slice(0, 60));
  assert.equal(read(good, newGuid()), undefined);
});
