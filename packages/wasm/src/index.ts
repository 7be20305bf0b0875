export type { WasmOptions } from "./options.ts";
export { wasm } from "./wasm.ts";
