import { between } from "./between.ts";

// Devices in Node that are less than their adapter. Dawn's entry point is kept: if it were collected while a device lives, the process
// would die.

const kept: GPU[] = [];

async function dawnAdapter(): Promise<GPUAdapter> {
  const { create } = await import("webgpu");
  const dawn = create([]);
  kept.push(dawn);
  const adapter = await dawn.requestAdapter();
  if (adapter === null) throw new Error("no adapter");
  return adapter;
}

/** A device with the limits that every adapter has, and no feature but these. */
export async function dawnDevice(requiredFeatures: readonly GPUFeatureName[] = []): Promise<GPUDevice> {
  return (await dawnAdapter()).requestDevice({ requiredFeatures: [...requiredFeatures] });
}

/** An adapter that has no feature, with the limits that it has. */
export async function withoutFeatures(): Promise<GPUAdapter> {
  return between(await dawnAdapter(), { features: new Set<string>() });
}

/** An adapter that claims not to be a program on processors, so that kernels are those for real ones. */
export async function asHardware(): Promise<GPUAdapter> {
  const info = { vendor: "", architecture: "", device: "", description: "claims to be hardware" };
  return between(await dawnAdapter(), { info: info as GPUAdapterInfo });
}

/**
 * The device, which claims that no more than `bytes` of a buffer can be bound at a time, and holds others to it: WebGPU itself lets nobody
 * ask for less than 128 MiB.
 */
export function withSmallBindings(device: GPUDevice, bytes: number): GPUDevice {
  return between(device, {
    limits: { maxBufferSize: device.limits.maxBufferSize, maxStorageBufferBindingSize: bytes } as GPUSupportedLimits,
    createBindGroup(descriptor) {
      for (const { binding, resource } of descriptor.entries) {
        const { size = Infinity } = resource as GPUBufferBinding;
        if (size > bytes) throw new RangeError(`binding ${binding} has ${size} bytes; ${bytes} are the limit`);
      }
      return device.createBindGroup(descriptor);
    },
  });
}
