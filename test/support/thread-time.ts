/**
 * Milliseconds of the processor that this thread has had: of work, that is, whatever else the machine does meanwhile. For tests of what must not take time out of
 * all proportion.
 */
export function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
