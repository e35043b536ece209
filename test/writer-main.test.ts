/** A writer that goes on where the one before has died in the middle of a frame. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { it } from "node:test";
import { MessageChannel, Worker } from "node:worker_threads";
import { Control, createRing, FRAME, RingConsumer, RingProducer, WRITER_STATE } from "../src/ring/index.ts";
import { verifyStream } from "../src/store/index.ts";
import type { WriterOrder } from "../src/writer-main.ts";
import { lines, newPlace, openTestStream, storedLines } from "./support/stream.ts";

for (const stored of [0, 1, 4, 5]) {
  it(`stores the rest of a frame of which ${stored} of 5 lines were stored`, async () => {
    const place = newPlace();
    const before = openTestStream(place);
    before.appendLines(lines(0, 3));
    const control = new Control();
    const ring = createRing(65_536);
    const producer = new RingProducer(ring, control);
    const source = { thread: 0, pid: 1, prefix: "abcdef", epochOffset: "0" };
    producer.writeText(FRAME.SOURCE, JSON.stringify(source));
    new RingConsumer(ring).drain(() => undefined);
    const position = new RingConsumer(ring).position;
    producer.writeText(FRAME.LINES, lines(3, 5).toString());
    producer.writeText(FRAME.LINES, lines(8, 2).toString());
    control.beginStoring({ thread: 0, position, size: before.size });
    if (stored > 0) before.appendLines(lines(3, stored));
    before.close();

    const { port2 } = new MessageChannel();
    const workerData: WriterOrder = {
      sealtraceWriter: true,
      control: control.buffer,
      rings: [{ thread: 0, buffer: ring.buffer, learned: [] }],
      announcedRings: 0,
      begun: { name: before.name, size: 0 },
      dropped: {},
      channel: "test",
      port: port2,
      logsDirectory: place.logs,
      keysDirectory: place.keys,
      service: "test",
      version: "0.0.0",
    };
    const worker = new Worker(new URL("../src/writer-main.ts", import.meta.url), { workerData, transferList: [port2] });
    control.askClose();
    await once(worker, "exit");
    assert.equal(control.state, WRITER_STATE.CLOSED);
    const numbers = storedLines(before.directory)
      .map((line) => (JSON.parse(line) as { number?: number }).number)
      .filter((number) => number !== undefined);
    assert.deepEqual(
      numbers,
      Array.from({ length: 10 }, (_, i) => i),
    );
    const { problems, records } = verifyStream(before.directory, { keysDirectory: place.keys });
    assert.deepEqual(problems, []);
    assert.deepEqual(control.counts, { written: records, sealed: records });
  });
}
