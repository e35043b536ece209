/** The same function in a span of its own, every span sampled; what an exporter does with them is not measured. */
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { measure } from "../measure.mjs";
import { CALLS_PER_ROUND, compute } from "./compute.mjs";

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

function tracedCompute(x, y) {
  return tracer.startActiveSpan("compute", (span) => {
    try {
      return compute(x, y);
    } finally {
      span.end();
    }
  });
}

function tracedRound(i) {
  return tracer.startActiveSpan("round", (span) => {
    let sum = 0;
    for (let k = 0; k < CALLS_PER_ROUND; k += 1) sum += tracedCompute(i, k);
    span.end();
    return sum;
  });
}

await measure({
  operations: 4_000,
  warmup: 1_000,
  batch: 20,
  scale: CALLS_PER_ROUND,
  operation: tracedRound,
  finish: () => provider.forceFlush(),
});
