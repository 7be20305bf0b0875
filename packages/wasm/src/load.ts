import { BackendError } from "@surprisal/core";
import { withoutRelaxed, withSharedMemory } from "./binary.ts";
import { KERNELS_HASH } from "./generated/hash.ts";
import { hashOf } from "./hash.ts";
import type { WasmOptions } from "./options.ts";

/** Kernels that this engine takes, and what they are. */
export interface Kernels {
  readonly module: WebAssembly.Module;
  readonly simd: "simd" | "relaxed";
  /** Why they have no relaxed instructions, where nobody asked for that. */
  readonly notRelaxedBecause?: string;
}

/**
 * Loads the kernels and makes of them what fits this engine.
 *
 * @throws BackendError `backend-unavailable`
 */
export async function loadKernels(
  source: WasmOptions["kernels"],
  simd: "auto" | "simd" | "relaxed",
  shared: boolean,
): Promise<Kernels> {
  if (typeof WebAssembly === "undefined") throw unavailable("there is no WebAssembly here");
  const relaxed = await bytesOf(source);
  const forMemory = (binary: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
    shared ? withSharedMemory(binary) : binary;
  if (simd !== "simd" && WebAssembly.validate(relaxed)) {
    return { module: await compile(forMemory(relaxed)), simd: "relaxed" };
  }
  if (simd === "relaxed") throw unavailable('this engine has no relaxed SIMD, which simd: "relaxed" asks for');
  const plain = withoutRelaxed(relaxed);
  if (!WebAssembly.validate(plain)) throw unavailable("this engine has no SIMD in WebAssembly");
  const module = await compile(forMemory(plain));
  return { module, simd: "simd", ...(simd === "auto" && { notRelaxedBecause: "this engine has no relaxed SIMD" }) };
}

async function compile(binary: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(binary);
  } catch (error) {
    throw unavailable(`the kernels cannot be compiled: ${String(error)}`, error);
  }
}

async function bytesOf(source: WasmOptions["kernels"]): Promise<Uint8Array<ArrayBuffer>> {
  if (source === undefined) return embedded();
  const isPlace = typeof source === "string" || source instanceof URL;
  const bytes = isPlace ? await fetched(source) : copyOf(source);
  if (hashOf(bytes) === KERNELS_HASH) return bytes;
  throw unavailable(
    `${isPlace ? String(source) : "what came as kernels"} (${bytes.length} bytes) is not kernels.wasm of this version`,
  );
}

/** The copy in this package; a module of its own, so that those who load from elsewhere need not have it. */
async function embedded(): Promise<Uint8Array<ArrayBuffer>> {
  const { KERNELS } = await import("./generated/kernels.ts");
  const packed = Uint8Array.from(atob(KERNELS), (character) => character.charCodeAt(0));
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  return new Uint8Array(await new Blob(parts).arrayBuffer()); // a Response would do it, and takes Node 40 ms to load
}

async function fetched(place: URL | string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const file = fileOf(place);
    if (file !== undefined) return file;
    const response = await fetch(place);
    if (!response.ok) throw new TypeError(`status ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw unavailable(`the kernels could not be loaded from ${String(place)}: ${String(error)}`, error);
  }
}

/** A file's contents where `fetch` takes none: in Node. */
function fileOf(place: URL | string): Uint8Array<ArrayBuffer> | undefined {
  if (!String(place).startsWith("file:") || typeof process === "undefined") return undefined;
  return copyOf(process.getBuiltinModule("node:fs").readFileSync(new URL(place)));
}

function copyOf(source: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source).slice();
}

function unavailable(reason: string, cause?: unknown): BackendError {
  return new BackendError("backend-unavailable", `wasm: ${reason}`, { reason, cause });
}
