import type { Answer, Start } from "./control.ts";
import { WORKER } from "./generated/worker.ts";

/** What is used of a worker of the web: of browsers, Deno and Bun. */
export interface WebWorker {
  /** Of `message`, `error` and `messageerror`. */
  addEventListener(type: string, listener: (event: unknown) => void): void;
  /** Sends where everything is. */
  postMessage(message: unknown, transfer: []): void;
  /** Ends it at once. */
  terminate(): unknown;
  /** Not in browsers: whether the process waits for it. */
  unref?(): void;
}

/** What is used of a worker of Node. */
export interface NodeWorker {
  /** Of `message`, `error` and `exit`. */
  on(type: string, listener: (value: unknown) => void): unknown;
  /** Sends where everything is. */
  postMessage(message: unknown, transfer: []): void;
  /** Ends it at once. */
  terminate(): unknown;
  /** The process no longer waits for it. */
  unref(): void;
}

/** A thread, in whatever runtime. */
export interface Thread {
  /** Tells it where everything is; settles when it waits for jobs, or after so many milliseconds. */
  start(start: Start, patience: number): Promise<Answer>;
  /** Called when it has ended, with the reason. */
  onEnd(listener: (reason: string) => void): void;
  /** The process no longer waits for it. */
  release(): void;
  end(): void;
}

const NAME = "surprisal-wasm";

/** A new thread; `make` gives the worker where the embedded one is not wanted. */
export function spawn(make: (() => WebWorker | NodeWorker) | undefined): Thread {
  const worker = make === undefined ? embedded() : make();
  return threadOf(worker, "on" in worker ? ofNode(worker) : ofWeb(worker));
}

function embedded(): WebWorker | NodeWorker {
  if (typeof Worker === "undefined" && typeof process !== "undefined") {
    const node = process.getBuiltinModule("node:worker_threads");
    return new node.Worker(WORKER, { eval: true, name: NAME });
  }
  const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module", name: NAME });
  const revoke = (): void => URL.revokeObjectURL(url); // once it is loaded: engines may load it late
  worker.addEventListener("message", revoke, { once: true });
  worker.addEventListener("error", revoke, { once: true });
  return worker;
}

/** Listens to a worker: what it says, and why it has ended. */
interface Ears {
  onMessage(listener: (message: Answer) => void): void;
  onEnd(listener: (reason: string) => void): void;
}

function ofNode(worker: NodeWorker): Ears {
  return {
    onMessage: (listener) => void worker.on("message", (message) => listener(message as Answer)),
    onEnd(listener) {
      worker.on("error", (error) => listener(String(error)));
      worker.on("exit", (code) => listener(`the worker ended with code ${String(code)}`));
    },
  };
}

function ofWeb(worker: WebWorker): Ears {
  return {
    onMessage: (listener) =>
      worker.addEventListener("message", (event) => listener((event as MessageEvent<Answer>).data)),
    onEnd(listener) {
      worker.addEventListener("error", (event) => {
        listener((event as Partial<ErrorEvent>).message ?? "the worker could not be loaded");
      });
      worker.addEventListener("messageerror", () => listener("the worker could not read its message"));
    },
  };
}

function threadOf(worker: WebWorker | NodeWorker, ears: Ears): Thread {
  return {
    async start(start, patience) {
      return new Promise((resolve) => {
        const answer = (given: Answer): void => {
          clearTimeout(timer);
          resolve(given);
        };
        const fail = (reason: string): void => answer({ ready: false, reason });
        const timer = setTimeout(fail, patience, `no answer in ${patience} ms`);
        ears.onMessage(answer);
        ears.onEnd(fail);
        worker.postMessage(start, []);
      });
    },
    onEnd: (listener) => ears.onEnd(listener),
    release: () => worker.unref?.(),
    end: () => void worker.terminate(),
  };
}
