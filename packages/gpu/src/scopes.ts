import { BackendError } from "@surprisal/core";
import { lost, noMemory } from "./failures.ts";
import { DeviceFault } from "./faults.ts";

/** What commands gave, and what the device will say of them. */
export interface Scoped<T> {
  readonly result: T;
  readonly fault: DeviceFault;
}

/**
 * Issues commands between error scopes, so that what is wrong with them is known to their results and to nobody else.
 * `bytes`: the memory that they are about, if they are about memory.
 */
export function scoped<T>(device: GPUDevice, bytes: number | undefined, commands: () => T): Scoped<T> {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  let fault: DeviceFault | undefined;
  try {
    const result = commands();
    fault = new DeviceFault(outcomeOf(device, bytes));
    return { result, fault };
  } finally {
    if (fault === undefined) void outcomeOf(device, bytes); // scopes are closed, whatever was thrown
  }
}

async function outcomeOf(device: GPUDevice, bytes: number | undefined): Promise<BackendError | undefined> {
  try {
    const [invalid, memory] = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
    const error = memory ?? invalid;
    if (error === null) return undefined;
    if (memory !== null || bytes !== undefined) return noMemory(bytes, error.message);
    return new BackendError("backend-refused", `gpu: the device refuses a kernel: ${error.message}`);
  } catch (error) {
    return lost(String(error));
  }
}
