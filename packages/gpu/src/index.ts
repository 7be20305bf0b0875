export type { GpuOptions } from "./device.ts";
export { gpu } from "./gpu.ts";
