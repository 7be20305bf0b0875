import type { HostBackend } from "@surprisal/core";
import { type Merging, WasmBackend } from "./backend.ts";
import { type Layout, layOut } from "./layout.ts";
import { type Kernels, loadKernels } from "./load.ts";
import { newMemory, WasmMemory } from "./memory.ts";
import { type Settings, settingsOf, type WasmOptions } from "./options.ts";
import { oneThread, Pool, type PoolParts, type RunChunk } from "./threads.ts";

/** What the kernels export. */
interface Exports extends Merging {
  readonly memoryBase: WebAssembly.Global<"i32">;
  readonly scratchBytes: WebAssembly.Global<"i32">;
  readonly run: (record: number, chunk: number, scratch: number) => void;
}

/**
 * The backend in WebAssembly: vector instructions, and threads where memory can be shared (Node, Deno, Bun, pages that are
 * cross-origin isolated). Tensors live in its memory, of 4 GiB at most. Results have the same bits for every number of threads.
 *
 * `describe()` gives what was found: `simd`, `threads`, and why there are not more.
 *
 * @throws OptionError `option-unknown`, `option-value`; BackendError `backend-unavailable`, `memory`
 * @example
 * ```ts
 * import { crossEntropy, tensor } from "@surprisal/core";
 * import { wasm } from "@surprisal/wasm";
 * const backend = await wasm({ threads: 2 });
 * const logits = tensor([[2, 0, -1], [0, 1, 0]], { backend });
 * const target = tensor([0, 2], { dtype: "i64", backend });
 * console.log(await crossEntropy(logits, target).item()); // 0.8606…
 * backend.dispose();
 * ```
 */
export async function wasm(options: WasmOptions = {}): Promise<HostBackend> {
  const settings = settingsOf(options);
  const { threads, reason } = threadsFor(settings.threads);
  const shared = threads > 1;
  const kernels = await loadKernels(settings.kernels, settings.simd, shared);
  const { memory, maximum } = newMemory(shared);
  const exports = await instantiate(kernels, memory);
  const { run, memoryBase, scratchBytes } = exports;
  const layout = layOut(memoryBase.value, scratchBytes.value, threads);
  const wasmMemory = new WasmMemory(memory, layout.end);
  const [scratch = 0, ...others] = layout.scratches;
  const runChunk: RunChunk = (chunk) => run(layout.record, chunk, scratch);
  const crew = shared
    ? await Pool.start({
        runChunk,
        start: startOf(kernels, memory, layout),
        scratches: others,
        smallest: settings.chunk,
        worker: settings.worker,
      })
    : oneThread(runChunk, reason);
  return new WasmBackend(wasmMemory, maximum, crew, exports, layout, settings, factsOf(kernels, settings));
}

/** How many threads, and why not more where it is one. */
function threadsFor(asked: number | undefined): { readonly threads: number; readonly reason: string } {
  if (asked === 1) return { threads: 1, reason: "threads: 1 was asked for" };
  const { crossOriginIsolated = true } = globalThis as { readonly crossOriginIsolated?: boolean }; // pages and their workers have it
  if (typeof SharedArrayBuffer === "undefined" || !crossOriginIsolated) {
    const reason = "memory cannot be shared: this page is not cross-origin isolated (headers COOP and COEP)";
    return { threads: 1, reason };
  }
  return { threads: asked ?? Math.min(processors(), MOST_BY_DEFAULT), reason: "this machine has one processor" };
}

/** Beyond that, threads wait for memory more than they compute. */
const MOST_BY_DEFAULT = 8;

function processors(): number {
  if (typeof navigator !== "undefined") return navigator.hardwareConcurrency || 1;
  return typeof process === "undefined" ? 1 : process.getBuiltinModule("node:os").availableParallelism();
}

async function instantiate({ module }: Kernels, memory: WebAssembly.Memory): Promise<Exports> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  return exports as unknown as Exports;
}

function startOf({ module }: Kernels, memory: WebAssembly.Memory, { control, record }: Layout): PoolParts["start"] {
  return { module, memory, control, record };
}

function factsOf(
  { simd, notRelaxedBecause }: Kernels,
  { f64UpTo, chunk }: Settings,
): Readonly<Record<string, unknown>> {
  return { name: "wasm", simd, ...(notRelaxedBecause !== undefined && { notRelaxedBecause }), f64UpTo, chunk };
}
