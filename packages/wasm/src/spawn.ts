import type { Worker as NodeWorker } from "node:worker_threads";
import type { Answer, Start } from "./control.ts";
import { WORKER } from "./generated/worker.ts";

/** A worker of the web, or of Node. */
export type AnyWorker = Worker | NodeWorker;

/** A thread, in whatever runtime. */
export interface Thread {
  /** Tells it where everything is; settles when it waits for jobs. */
  start(start: Start): Promise<Answer>;
  /** Called when it has ended, with the reason. */
  onEnd(listener: (reason: string) => void): void;
  /** It no longer keeps the process. */
  release(): void;
  end(): void;
}

/** A new thread; `make` gives the worker where the embedded one is not wanted. */
export function spawn(make?: () => AnyWorker): Thread {
  if (make !== undefined) {
    const worker = make();
    return "on" in worker ? nodeThread(worker) : webThread(worker);
  }
  const node = nodeWorkers();
  if (node !== undefined) return nodeThread(new node.Worker(WORKER, { eval: true, name: "surprisal-wasm" }));
  const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  return webThread(new Worker(url, { type: "module", name: "surprisal-wasm" }), () => URL.revokeObjectURL(url));
}

/** Node's module of workers, where there are no workers of the web. */
function nodeWorkers(): typeof import("node:worker_threads") | undefined {
  if (typeof Worker !== "undefined" || typeof process === "undefined") return undefined;
  return process.getBuiltinModule("node:worker_threads");
}

function nodeThread(worker: NodeWorker): Thread {
  return {
    start: (start) => answerOf(
      (resolve) => worker.once("message", resolve),
      (reject) => worker.once("error", reject).once("exit", () => reject("the worker ended before it was ready")),
      () => worker.postMessage(start, []),
    ),
    onEnd(listener) {
      worker.on("error", (error) => listener(String(error)));
      worker.on("exit", (code) => listener(`the worker ended with code ${code}`));
    },
    release: () => worker.unref(),
    end: () => void worker.terminate(),
  };
}

function webThread(worker: Worker, started?: () => void): Thread {
  return {
    start: (start) =>
      answerOf(
        (resolve) => {
          worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => resolve(data), { once: true });
        },
        (reject) => {
          worker.addEventListener("error", (event) => reject(event.message || "the worker could not be loaded"), { once: true });
          worker.addEventListener("messageerror", () => reject("the worker could not read its message"), { once: true });
        },
        () => worker.postMessage(start),
      ).finally(started),
    onEnd(listener) {
      worker.addEventListener("error", (event) => listener(event.message));
    },
    release() {
      // Bun's and Deno's workers keep the process, but for this
      if ("unref" in worker && typeof worker.unref === "function") worker.unref();
    },
    end: () => worker.terminate(),
  };
}

/** The first answer; a thread that fails gives one too. */
async function answerOf(
  onAnswer: (resolve: (answer: Answer) => void) => void,
  onFailure: (reject: (reason: unknown) => void) => void,
  send: () => void,
): Promise<Answer> {
  return new Promise((resolve) => {
    onAnswer(resolve);
    onFailure((reason) => resolve({ ready: false, reason: String(reason) }));
    send();
  });
}
