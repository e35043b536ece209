/** Both contenders in one process, a batch of the one and a batch of the other in turns, so that a noisy machine disturbs both. */

/**
 * Runs `ours` and `peer` in turns, each so many `operations` at a time, and tells the medians of nanoseconds that passed per operation. What they return
 * is handed to `tidy` outside of the time that is measured.
 */
export async function interleave({ name, ours, peer, operations, batches = 21, warmup = 2, tidy = () => undefined }) {
  const contenders = [
    { run: ours, times: [] },
    { run: peer, times: [] },
  ];
  for (let batch = -warmup; batch < batches; batch += 1) {
    for (const { run, times } of batch % 2 === 0 ? contenders : contenders.toReversed()) {
      const results = [];
      const start = process.hrtime.bigint();
      for (let i = 0; i < operations; i += 1) {
        const result = run(i);
        results.push(result instanceof Promise ? await result : result);
      }
      const time = Number(process.hrtime.bigint() - start) / operations;
      if (batch >= 0) times.push(time);
      for (const result of results) await tidy(result);
    }
  }
  const [own, theirs] = contenders.map(({ times }) => times.toSorted((a, b) => a - b)[times.length >> 1]);
  process.stdout.write(`${JSON.stringify({ name, own, theirs })}\n`);
}
