export type { GpuOptions } from "./device.ts";
export { gpu } from "./gpu.ts";
export type { FromGpuBufferOptions } from "./interop.ts";
export { fromGpuBuffer, gpuBufferOf, prepare } from "./interop.ts";
