/** Starts the recording of a program that knows nothing of sealtrace, before its first line runs. */
import { isMainThread } from "node:worker_threads";
import { takeRunOrder } from "./config/index.ts";
import { isWriterThread, startRecording } from "./setup.ts";
import { hidePreload, settleTicks, Supervisor } from "./supervisor.ts";

/** Called by `sealtrace/register` in every thread that preloads it. */
export function registerProgram(): void {
  if (isWriterThread()) return;
  const order = isMainThread ? takeRunOrder() : undefined;
  if (order === undefined) {
    startRecording({ traceModules: true, captureConsole: true });
    return;
  }
  hidePreload();
  const supervisor = new Supervisor(order.descriptor);
  startRecording({
    traceModules: true,
    captureConsole: true,
    configuration: order.flags,
    onSignal: (signal, handledByProgram) => {
      supervisor.tell({ type: "signal", signal, handledByProgram });
    },
    onSignalListener: (signal, handles) => {
      supervisor.tell({ type: "handles", signal, handles });
    },
    onEnd: (recorder, report) => {
      supervisor.tellStream(recorder, report.written);
    },
  });
  settleTicks();
}
