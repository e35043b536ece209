import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { EVENT, type TraceEvents } from "../../src/record/index.ts";
import {
  Control,
  createRing,
  decodeEvents,
  encodedEventsBytes,
  encodeEvents,
  FRAME,
  RingConsumer,
  RingProducer,
  RingSink,
  WRITER_STATE,
} from "../../src/ring/index.ts";

function ringOf(bytes: number): { producer: RingProducer; consumer: RingConsumer; control: Control } {
  const memory = createRing(bytes);
  const control = new Control();
  return { producer: new RingProducer(memory, control), consumer: new RingConsumer(memory), control };
}

function drainTexts(consumer: RingConsumer): string[] {
  const texts: string[] = [];
  consumer.drain((_, payload) => texts.push(payload.toString()));
  return texts;
}

test("what is written comes out, in order, whatever the sizes and however often the ring wraps", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string({ unit: "grapheme", maxLength: 80 }), { maxLength: 6 })), (turns) => {
      const { producer, consumer } = ringOf(1024);
      for (const texts of turns) {
        const out: string[] = [];
        for (const text of texts) {
          if (Buffer.byteLength(text) > producer.maxPayload) continue;
          assert.ok(producer.writeText(FRAME.LINES, text));
          out.push(text);
          if (out.length === 2) assert.deepEqual(drainTexts(consumer), out.splice(0));
        }
        assert.deepEqual(drainTexts(consumer), out);
        assert.ok(consumer.isEmpty);
      }
    }),
  );
});

test("positions survive the overflow of 32 bits", () => {
  const { producer, consumer } = ringOf(1 << 20);
  const half = "x".repeat(producer.maxPayload);
  let bytes = 0;
  while (bytes < 2 ** 32 + 2 ** 22) {
    assert.ok(producer.writeText(FRAME.LINES, half));
    consumer.drain((_, payload) => {
      assert.equal(payload.length, half.length);
    });
    bytes += half.length;
  }
});

test("a payload that could never fit is refused at once", () => {
  const { producer, consumer } = ringOf(1024);
  assert.equal(producer.writeText(FRAME.LINES, "x".repeat(producer.maxPayload + 1)), false);
  assert.ok(producer.writeText(FRAME.LINES, "x".repeat(producer.maxPayload)));
  assert.equal(drainTexts(consumer).length, 1);
});

test("a frame whose handler throws stays in the ring", () => {
  const { producer, consumer } = ringOf(1024);
  producer.writeText(FRAME.LINES, "one");
  producer.writeText(FRAME.LINES, "two");
  const seen: string[] = [];
  assert.throws(() =>
    consumer.drain((_, payload) => {
      if (payload.toString() === "two") throw new Error("disk full");
      seen.push(payload.toString());
    }),
  );
  assert.deepEqual(seen, ["one"]);
  assert.deepEqual(drainTexts(consumer), ["two"]);
});

test("a full ring gives up at once when the writer has failed, and counts", () => {
  const { producer, consumer, control } = ringOf(1024);
  control.state = WRITER_STATE.FAILED;
  const sink = new RingSink(producer, { thread: 0, pid: 1, prefix: "abcdef", epochOffset: 5n });
  for (let i = 0; i < 100; i += 1) {
    sink.writeLine("y".repeat(200));
    sink.flush();
  }
  const lost = consumer.takeLost();
  assert.ok(lost > 90 && lost < 100, `${lost} of 100 lost`);
  assert.equal(consumer.takeLost(), 0);
});

test("a producer that fills the ring waits for a consumer in another thread, and nothing is lost or torn", async () => {
  const memory = createRing(4096);
  const control = new Control();
  const producer = new RingProducer(memory, control);
  const worker = new Worker(new URL("../fixtures/ring/consume.ts", import.meta.url), {
    workerData: { ring: memory.buffer, count: 20_000 },
  });
  await once(worker, "message");
  for (let i = 0; i < 20_000; i += 1) assert.ok(producer.writeText(FRAME.LINES, `${i}:${"é".repeat(i % 300)}`));
  const [errors] = (await once(worker, "message")) as [string[]];
  assert.deepEqual(errors, []);
});

test("a flush is answered, refused waits end in time", () => {
  const control = new Control();
  const ticket = control.askFlush();
  assert.equal(control.waitForFlush(ticket, 20), false);
  control.finishFlush(ticket);
  assert.equal(control.waitForFlush(ticket, 20), true);
  const next = control.askFlush();
  control.state = WRITER_STATE.FAILED;
  assert.equal(control.waitForFlush(next, 10_000), true);
});

test("call events survive the way through a frame", () => {
  const event = fc.record({
    kind: fc.constantFrom(...Object.values(EVENT)),
    call: fc.nat(),
    parent: fc.nat(),
    fn: fc.nat(),
    time: fc.bigInt(0n, 2n ** 62n),
    text: fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", "").toWellFormed()),
  });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1 }), (list) => {
      const events: TraceEvents = {
        count: list.length,
        kinds: Uint8Array.from(list, (e) => e.kind),
        calls: Float64Array.from(list, (e) => e.call),
        parents: Float64Array.from(list, (e) => e.parent),
        functions: Int32Array.from(list, (e) => e.fn),
        times: BigInt64Array.from(list, (e) => e.time),
        texts: list.map((e) => e.text),
      };
      const buffer = Buffer.from(new SharedArrayBuffer(encodedEventsBytes(events)));
      const bytes = encodeEvents(events, buffer);
      assert.deepEqual(decodeEvents(buffer.subarray(0, bytes)), events);
    }),
  );
});
