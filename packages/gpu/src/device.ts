import { BackendError } from "@surprisal/core";

/** What `gpu()` is told of the device. Everything may be left out. */
export interface GpuOptions {
  /** A device to work on. It stays yours: `dispose()` leaves it alone. */
  readonly device?: GPUDevice;
  /** An adapter to ask for a device. Default: the one that the runtime gives. */
  readonly adapter?: GPUAdapter;
  /** Which adapter to ask the runtime for. Default: its own choice. */
  readonly powerPreference?: GPUPowerPreference;
}

/** A device, and what is known of it. */
export interface Found {
  readonly device: GPUDevice;
  /** Whether it was made here, and is ended with the backend. */
  readonly own: boolean;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What kernels would like to have more of than every adapter has. */
const LIMITS = ["maxStorageBufferBindingSize", "maxBufferSize"] as const;

/**
 * Dawn's entry points. If one were collected while a device of it lives, the process would die.
 */
const dawn: GPU[] = [];

async function entryPoint(): Promise<GPU> {
  const there = (globalThis.navigator as { readonly gpu?: GPU } | undefined)?.gpu;
  if (there !== undefined) return there;
  const [known] = dawn;
  if (known !== undefined) return known;
  let module: { readonly create: (flags: readonly string[]) => GPU };
  try {
    const name = "webgpu"; // not for bundlers: a page has no use for it
    module = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as typeof module;
  } catch (error) {
    const message = "no WebGPU: navigator.gpu is undefined; in Node, Bun and the like install the package webgpu";
    throw new BackendError("backend-unavailable", message, { missing: "webgpu", cause: String(error) });
  }
  const made = module.create([]);
  dawn.push(made);
  return made;
}

/** Finds a device, or takes that which is given. */
export async function findDevice({ device, adapter, powerPreference }: GpuOptions): Promise<Found> {
  if (device !== undefined) return { device, own: false, facts: factsOf(device.adapterInfo, device) };
  const found = adapter ?? (await (await entryPoint()).requestAdapter(powerPreference && { powerPreference }));
  if (found === null) {
    const message = "no adapter: no GPU that WebGPU can use; install its driver, or take another backend";
    throw new BackendError("backend-unavailable", message, { missing: "adapter" });
  }
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, found.limits[name]]));
  try {
    const made = await found.requestDevice({ requiredLimits, label: "surprisal" });
    return { device: made, own: true, facts: factsOf(found.info, found) };
  } catch (error) {
    const details = { missing: "device", cause: String(error) };
    throw new BackendError("backend-unavailable", `no device: ${String(error)}`, details);
  }
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/iu;

/** Limits that say what a device can do, beside the two sizes of buffers that `describe()` gives in bytes. */
const TOLD = [
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const;

function factsOf(
  { vendor, architecture, device, description }: GPUAdapterInfo,
  { features, limits }: GPUAdapter | GPUDevice,
): Readonly<Record<string, unknown>> {
  return {
    vendor,
    architecture,
    device,
    description,
    software: SOFTWARE.test([vendor, architecture, device, description].join(" ")),
    features: [...features].toSorted(),
    limits: Object.fromEntries(TOLD.map((name) => [name, limits[name]])),
  };
}
