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
  /** Whether kernels can use subgroups. */
  readonly subgroups: boolean;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What kernels would like to have more of than every adapter has. */
const LIMITS = ["maxStorageBufferBindingSize", "maxBufferSize"] as const;

/** What they use where it is there. */
const FEATURES = ["subgroups"] as const;

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
  if (device !== undefined) return found({ device, own: false }, factsOf(device.adapterInfo, device));
  const from = adapter ?? (await (await entryPoint()).requestAdapter(powerPreference && { powerPreference }));
  if (from === null) {
    const message = "no adapter: no GPU that WebGPU can use; install its driver, or take another backend";
    throw new BackendError("backend-unavailable", message, { missing: "adapter" });
  }
  try {
    const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, from.limits[name]]));
    const requiredFeatures = FEATURES.filter((name) => from.features.has(name));
    const made = await from.requestDevice({ requiredLimits, requiredFeatures, label: "surprisal" });
    return await found({ device: made, own: true }, factsOf(from.info, from));
  } catch (error) {
    const details = { missing: "device", cause: String(error) };
    throw new BackendError("backend-unavailable", `no device: ${String(error)}`, details);
  }
}

async function found(what: Pick<Found, "device" | "own">, facts: Found["facts"]): Promise<Found> {
  const subgroups = await hasSubgroups(what.device);
  return { ...what, subgroups, facts: { ...facts, subgroups } };
}

/** A kernel that knows its subgroup. */
const OF_SUBGROUPS = `enable subgroups;
@compute @workgroup_size(1) fn main(@builtin(subgroup_id) own: u32, @builtin(num_subgroups) all: u32) {}`;

/**
 * Whether kernels can use subgroups, and know which one they are in. The latter is a feature of the language, of which a caller's device
 * does not tell: so its compiler is asked.
 */
async function hasSubgroups(device: GPUDevice): Promise<boolean> {
  if (!device.features.has("subgroups")) return false;
  device.pushErrorScope("validation");
  device.createShaderModule({ code: OF_SUBGROUPS });
  const [error] = await Promise.allSettled([device.popErrorScope()]);
  return error.status === "fulfilled" && error.value === null;
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
