import { type Backend, OptionError } from "@surprisal/core";
import { GpuBackend } from "./backend.ts";
import { type GpuOptions, findDevice } from "./device.ts";

const KNOWN = ["device", "adapter", "powerPreference"];

/**
 * The backend on WebGPU, in browsers, Deno, and Node or Bun with the package `webgpu`. Tensors live on the device and results
 * stay there; `item()`, `data()` and the like wait for it. Arithmetic is f32.
 *
 * `describe()` gives what was found, and whether the adapter is software.
 *
 * @throws OptionError `option-unknown`; BackendError `backend-unavailable`
 * @example
 * ```ts
 * import { choose, cpu } from "@surprisal/core";
 * import { gpu } from "@surprisal/gpu";
 * const { backend } = await choose([gpu, cpu]);
 * backend.dispose();
 * ```
 */
export async function gpu(options: GpuOptions = {}): Promise<Backend> {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    const message = `gpu: unknown option "${unknown}"; options are ${KNOWN.join(", ")}`;
    throw new OptionError("option-unknown", message, { option: unknown });
  }
  return new GpuBackend(await findDevice(options));
}
