import { Worker } from "node:worker_threads";
import { LARGEST_INPUT } from "./mutate.ts";

const NO_PROGRESS_MS = 10_000;
const HEADER_BYTES = 8;

// Looks every second whether the count of inputs has moved; if not, tells the input and ends the process.
const WATCH = `
const { workerData: { shared, name, header, limit } } = require("node:worker_threads");
const words = new Int32Array(shared, 0, 2);
let [count, since] = [-1, Date.now()];
setInterval(() => {
  if (words[0] !== count) [count, since] = [words[0], Date.now()];
  else if (Date.now() - since > limit) {
    const input = Buffer.from(new Uint8Array(shared, header, words[1])).toString("base64");
    require("node:fs").writeSync(2, name + ": hangs\\nreproduce: pnpm fuzz --reader " + name + " --input " + input + "\\n");
    process.kill(process.pid, "SIGKILL");
  }
}, 1000);
`;

/** Another thread that ends the process when one input takes ten seconds, which no timer of this thread could. */
export function watchdog(name: string): {
  readonly watch: (input: Uint8Array) => void;
  readonly stop: () => Promise<number>;
} {
  const shared = new SharedArrayBuffer(HEADER_BYTES + 16 * LARGEST_INPUT);
  const words = new Int32Array(shared, 0, 2);
  const bytes = new Uint8Array(shared, HEADER_BYTES);
  const workerData = { shared, name, header: HEADER_BYTES, limit: NO_PROGRESS_MS };
  const worker = new Worker(WATCH, { eval: true, workerData });
  worker.unref();
  return {
    watch(input) {
      const part = input.subarray(0, bytes.length);
      bytes.set(part);
      words[1] = part.length;
      words[0] = (words[0] ?? 0) + 1;
    },
    stop: () => worker.terminate(),
  };
}
