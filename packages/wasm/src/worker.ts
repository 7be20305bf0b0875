import { type Answer, COUNT, DONE, EPOCH, JOB, NEXT, type Start, STOP, TRAPPED } from "./control.ts";

// A thread of the backend: told once where everything is, then it takes chunks of whatever record is there, until it is ended. It runs
// as a worker of the web, or of Node; build-kernels.ts embeds it as text.

/** How often an idle thread looks for a new job before it sleeps: some microseconds. */
const LOOKS = 2000;

function work({ module, memory, control, record, scratch }: Start, answer: (answer: Answer) => void): void {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const run = instance.exports["run"] as (record: number, chunk: number, scratch: number) => void;
  const words = new Int32Array(memory.buffer, control, 16);
  let epoch = Atomics.load(words, EPOCH);
  answer({ ready: true });
  for (;;) {
    for (let look = 0; look < LOOKS && Atomics.load(words, EPOCH) === epoch; look++);
    Atomics.wait(words, EPOCH, epoch);
    epoch = Atomics.load(words, EPOCH);
    if (Atomics.load(words, STOP) !== 0) return;
    for (;;) {
      const claim = Atomics.add(words, NEXT, 1);
      const count = Atomics.load(words, COUNT);
      // Of another job, if this thread is late: then there is nothing to do here.
      if (Math.floor(claim / JOB) !== Math.floor(count / JOB) || claim % JOB >= count % JOB) break;
      try {
        run(record, claim % JOB, scratch);
      } catch {
        Atomics.store(words, TRAPPED, 1);
      }
      if (Atomics.add(words, DONE, 1) + 1 === count % JOB) Atomics.notify(words, DONE);
    }
  }
}

/** Works, and says so if that is not possible. */
function serve(start: Start, answer: (answer: Answer) => void): void {
  try {
    work(start, answer);
  } catch (error) {
    answer({ ready: false, reason: String(error) });
  }
}

interface WebScope {
  addEventListener(type: "message", listener: (event: { readonly data: Start }) => void, options: { once: true }): void;
  postMessage(answer: Answer, transfer: []): void;
  close(): void;
}

if ("WorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as WebScope;
  const begin = ({ data }: { readonly data: Start }): void => {
    serve(data, (answer) => scope.postMessage(answer, []));
    scope.close();
  };
  scope.addEventListener("message", begin, { once: true });
} else {
  const { parentPort } = process.getBuiltinModule("node:worker_threads");
  parentPort?.once("message", (start: Start) => {
    serve(start, (answer) => parentPort.postMessage(answer, []));
  });
}
