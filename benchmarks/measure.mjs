/** Shared by all contenders: how much of its own thread an operation costs. */
import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Runs `operation(i)` many times, a turn of the event loop after every `batch` of them, then `finish`; tells the nanoseconds of this thread's CPU and
 * of time per operation, both with `finish`. An operation that does its work `scale` times counts as so many.
 */
export async function measure({ operations, warmup, operation, finish, batch = 1_000, scale = 1 }) {
  await repeat(warmup, batch, operation);
  const cpu = process.threadCpuUsage();
  const start = process.hrtime.bigint();
  await repeat(operations, batch, operation);
  await finish();
  const time = Number(process.hrtime.bigint() - start);
  const { user, system } = process.threadCpuUsage(cpu);
  const done = operations * scale;
  process.stdout.write(`${JSON.stringify({ cpu: ((user + system) * 1_000) / done, time: time / done })}\n`);
}

async function repeat(times, batch, operation) {
  for (let done = 0; done < times; done += batch) {
    for (let i = 0; i < batch; i += 1) operation(done + i);
    await nextTurn();
  }
}
