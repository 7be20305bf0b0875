import { OptionError } from "@surprisal/core";
import type { NodeWorker, WebWorker } from "./spawn.ts";

/** How `wasm()` is to compute, and where it takes its code from. Everything may be left out. */
export interface WasmOptions {
  /** Threads, this one among them. Default: as many as the machine has, 8 at most; one where memory cannot be shared. */
  readonly threads?: number;
  /**
   * Vector instructions: `"relaxed"` has fused multiply-adds, whose last bits may differ from machine to machine; `"simd"` has none.
   * Default `"auto"`: relaxed where there is such a thing.
   */
  readonly simd?: "auto" | "simd" | "relaxed";
  /** The same bits on every machine: `simd: "simd"`. They are the same for every number of threads in any case. Default false. */
  readonly deterministic?: boolean;
  /**
   * Calls that go through at most so many numbers compute in f64, as such calls are over before a vector's width matters. Default
   * 512; 0 computes all of f32 in f32.
   */
  readonly f64UpTo?: number;
  /**
   * Numbers that a thread takes at a time, from 64 up; calls of fewer stay on one thread. Last bits depend on it, not on the number of
   * threads. Default 32768: worth a handover, and small enough for a second cache.
   */
  readonly chunk?: number;
  /**
   * This version's `kernels.wasm` (exported as `@surprisal/wasm/kernels.wasm`), or where to load it from. Default: the copy that is
   * embedded in the package.
   */
  readonly kernels?: URL | string | ArrayBuffer | ArrayBufferView;
  /**
   * Makes a worker that runs `@surprisal/wasm/worker`, where a page's rules forbid workers from blobs. Default: the worker that is
   * embedded in the package.
   */
  readonly worker?: () => WebWorker | NodeWorker;
}

/** Options with their defaults; what has none may be undefined. */
export interface Settings {
  readonly threads: number | undefined;
  readonly simd: "auto" | "simd" | "relaxed";
  readonly f64UpTo: number;
  readonly chunk: number;
  readonly kernels: WasmOptions["kernels"];
  readonly worker: WasmOptions["worker"];
}

const OPTIONS = ["threads", "simd", "deterministic", "f64UpTo", "chunk", "kernels", "worker"];
const SIMD = ["auto", "simd", "relaxed"];

/** Most threads: each has working memory of its own. */
const MOST_THREADS = 64;

/** @throws OptionError `option-unknown`, `option-value` */
export function settingsOf(options: WasmOptions): Settings {
  if (typeof options !== "object" || options === null) throw bad("options", "an object", options);
  for (const option of Object.keys(options)) {
    if (OPTIONS.includes(option)) continue;
    const message = `wasm: unknown option "${option}"; known: ${OPTIONS.join(", ")}`;
    throw new OptionError("option-unknown", message, { option, known: OPTIONS });
  }
  const { threads, simd = "auto", deterministic = false, f64UpTo = 512, chunk = 32_768, kernels, worker } = options;
  if (threads !== undefined && !isWhole(threads, 1, MOST_THREADS)) {
    throw bad("threads", `an integer in [1, ${MOST_THREADS}]`, threads);
  }
  if (!SIMD.includes(simd)) throw bad("simd", `one of ${SIMD.join(", ")}`, simd);
  if (typeof deterministic !== "boolean") throw bad("deterministic", "true or false", deterministic);
  if (deterministic && simd === "relaxed") throw bad("simd", `"simd" or "auto" with deterministic`, simd);
  if (!isWhole(f64UpTo, 0, Number.MAX_SAFE_INTEGER)) throw bad("f64UpTo", "an integer ≥ 0", f64UpTo);
  if (!isWhole(chunk, 64, 2 ** 30)) throw bad("chunk", "an integer in [64, 2^30]", chunk);
  if (kernels !== undefined && !isSource(kernels)) throw bad("kernels", "a URL, or the file's bytes", kernels);
  if (worker !== undefined && typeof worker !== "function")
    throw bad("worker", "a function that makes a worker", worker);
  return {
    threads,
    simd: deterministic ? "simd" : simd,
    f64UpTo,
    chunk,
    kernels,
    worker,
  };
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

function isSource(value: unknown): boolean {
  return typeof value === "string" || value instanceof URL || value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

function bad(option: string, required: string, value: unknown): OptionError {
  return new OptionError("option-value", `wasm: ${option} must be ${required}; got ${String(value)}`, {
    option,
    value,
  });
}
