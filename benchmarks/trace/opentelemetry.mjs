/** The same function in a span of its own, every span sampled; what an exporter does with them is not measured. */
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { measure } from "../measure.mjs";
import { compute } from "./compute.mjs";

const forgetful = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
  forceFlush: () => Promise.resolve(),
};
const provider = new TracerProvider({
  sampler: new AlwaysOnSampler(),
  spanProcessors: [new BatchSpanProcessor({ exporter: forgetful, maxQueueSize: 100_000, maxExportBatchSize: 10_000 })],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);
const tracer = trace.getTracer("bench");
let sum = 0;

await measure({
  operations: 300_000,
  warmup: 60_000,
  operation(i) {
    sum += tracer.startActiveSpan("compute", (span) => {
      try {
        return compute(i, 2);
      } finally {
        span.end();
      }
    });
  },
  finish: () => provider.forceFlush?.(),
});
if (sum === 0) throw new Error("nothing was computed");
