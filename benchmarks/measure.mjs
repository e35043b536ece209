/** Shared by all contenders: how much of its own thread an operation costs. */
import { setImmediate as nextTurn } from "node:timers/promises";

const BATCH = 1_000;

/**
 * Runs `operation(i)` many times, a turn of the event loop after every thousand, then `finish`; tells the nanoseconds of this thread's CPU and of
 * time per operation, both with `finish`.
 */
export async function measure({ operations, warmup, operation, finish }) {
  await repeat(warmup, operation);
  const cpu = process.threadCpuUsage();
  const start = process.hrtime.bigint();
  await repeat(operations, operation);
  await finish();
  const time = Number(process.hrtime.bigint() - start);
  const { user, system } = process.threadCpuUsage(cpu);
  process.stdout.write(`${JSON.stringify({ cpu: ((user + system) * 1_000) / operations, time: time / operations })}\n`);
}

async function repeat(times, operation) {
  for (let done = 0; done < times; done += BATCH) {
    for (let i = 0; i < BATCH; i += 1) operation(done + i);
    await nextTurn();
  }
}
