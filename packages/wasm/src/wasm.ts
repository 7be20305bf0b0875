import type { HostBackend } from "@surprisal/core";
import { WasmBackend } from "./backend.ts";
import { withoutRelaxed } from "./binary.ts";
import { MAX_CHUNKS } from "./chunks.ts";
import { KERNELS } from "./generated/kernels.ts";
import { newMemory, WasmMemory } from "./memory.ts";
import { RECORD_BYTES } from "./record-writer.ts";
import { oneThread } from "./threads.ts";

export interface WasmOptions {
  readonly simd?: "auto" | "simd" | "relaxed";
}

const SCRATCH_BYTES = 32 * 256 * 8 + 5 * 8192 * 8;

export async function wasm(options: WasmOptions = {}): Promise<HostBackend> {
  const packed = Uint8Array.from(atob(KERNELS), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const relaxed = new Uint8Array(await new Response(stream).arrayBuffer());
  const binary = options.simd === "simd" ? withoutRelaxed(relaxed) : relaxed;
  const { memory, maximum } = newMemory(false);
  const { instance } = await WebAssembly.instantiate(binary as Uint8Array<ArrayBuffer>, { env: { memory } });
  const { memoryBase, run, merge } = instance.exports as unknown as {
    memoryBase: WebAssembly.Global;
    run: (record: number, chunk: number, scratch: number) => void;
    merge: (record: number, chunks: number) => number;
  };
  const record = Math.ceil((memoryBase.value as number) / 64) * 64;
  const partials = record + RECORD_BYTES;
  const scratch = partials + 64 * MAX_CHUNKS;
  const wasmMemory = new WasmMemory(memory, scratch + SCRATCH_BYTES);
  const threads = oneThread((chunk) => run(record, chunk, scratch), "test");
  return new WasmBackend(wasmMemory, maximum, threads, merge, { record, partials }, { name: "wasm" });
}
