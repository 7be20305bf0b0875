export type { WasmOptions } from "./options.ts";
export type { NodeWorker, WebWorker } from "./spawn.ts";
export { wasm } from "./wasm.ts";
