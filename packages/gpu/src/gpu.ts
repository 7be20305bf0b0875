import { type Backend, OptionError } from "@surprisal/core";
import { GpuBackend } from "./backend.ts";
import { type GpuOptions, findDevice } from "./device.ts";

const KNOWN = ["device", "adapter", "powerPreference"];
const PREFERENCES: readonly string[] = ["low-power", "high-performance"];

/**
 * The backend on WebGPU, in browsers, and in Node with the package `webgpu`. Tensors live on the device and results
 * stay there; `item()`, `data()` and the like wait for it. Arithmetic is f32.
 *
 * `describe()` gives what was found, and whether the adapter is software.
 *
 * @throws OptionError `option-unknown`, `option-value`; BackendError `backend-unavailable`
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
  checkValues(options);
  return new GpuBackend(await findDevice(options));
}

function checkValues({ device, adapter, powerPreference }: GpuOptions): void {
  if (powerPreference !== undefined && !PREFERENCES.includes(powerPreference))
    throw wrong("powerPreference", PREFERENCES.map((each) => `"${each}"`).join(" or "), powerPreference);
  if (device !== undefined && !has(device, "createBuffer")) throw wrong("device", "a GPUDevice", device);
  if (adapter !== undefined && !has(adapter, "requestDevice")) throw wrong("adapter", "a GPUAdapter", adapter);
}

/** Not `instanceof`: in Node the classes belong to the package `webgpu`. */
function has(value: unknown, method: string): boolean {
  return typeof value === "object" && value !== null && method in value;
}

function wrong(option: string, wanted: string, got: unknown): OptionError {
  const what = typeof got === "string" ? `"${got}"` : String(got);
  return new OptionError("option-value", `gpu: ${option} must be ${wanted}; got ${what}`, { option, got });
}
