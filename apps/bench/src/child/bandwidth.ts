import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { bandwidthLoops } from "../run/bandwidth-module.ts";

// `node bandwidth.ts THREADS`: prints what memory gives to so many threads, each in a memory of its own, all at once.

const TOTAL = 256 * 2 ** 20;
const REPETITIONS = 6;

/** When a thread began and ended, in milliseconds of the same clock. */
interface Span {
  readonly read: readonly [number, number];
  readonly copy: readonly [number, number];
}

if (isMainThread) await main(Number(process.argv[2] ?? 1));
else serve(workerData as { readonly threads: number; readonly gate: SharedArrayBuffer });

async function main(threads: number): Promise<void> {
  const gate = new SharedArrayBuffer(4);
  const workers = Array.from({ length: threads }, () => {
    return new Worker(new URL(import.meta.url), { workerData: { threads, gate } });
  });
  let [read, copy] = [Infinity, Infinity];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const spans = await Promise.all(workers.map(oneSpan));
    read = Math.min(read, together(spans.map((span) => span.read)));
    copy = Math.min(copy, together(spans.map((span) => span.copy)));
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  // A copy reads half of the memory and writes the other half.
  process.stdout.write(`${JSON.stringify({ threads, read: (TOTAL / read) * 1000, copy: (TOTAL / copy) * 1000 })}\n`);
}

async function oneSpan(worker: Worker): Promise<Span> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve).once("error", reject).postMessage("go", []);
  });
}

/** From the first that began to the last that ended. */
function together(spans: readonly (readonly [number, number])[]): number {
  return Math.max(...spans.map(([, end]) => end)) - Math.min(...spans.map(([start]) => start));
}

function serve({ threads, gate }: { readonly threads: number; readonly gate: SharedArrayBuffer }): void {
  const bytes = TOTAL / threads;
  const memory = new WebAssembly.Memory({ initial: bytes / 2 ** 16 });
  new Uint8Array(memory.buffer).fill(1); // pages exist once they are written
  const loops = bandwidthLoops(memory);
  const arrived = new Int32Array(gate);
  let stages = 0;
  const timed = (work: () => void): [number, number] => {
    Atomics.add(arrived, 0, 1);
    stages += threads;
    while (Atomics.load(arrived, 0) < stages); // all begin together
    const start = clock();
    work();
    return [start, clock()];
  };
  parentPort?.on("message", () => {
    const read = timed(() => void loops.read(0, bytes));
    const copy = timed(() => loops.copy(0, bytes / 2, bytes / 2));
    parentPort?.postMessage({ read, copy } satisfies Span, []);
  });
}

function clock(): number {
  return performance.timeOrigin + performance.now();
}
