import { type Backend, cpu } from "@surprisal/core";
import { gpu } from "@surprisal/gpu";
import { wasm, type WasmOptions } from "@surprisal/wasm";
import { asHardware, dawnDevice, withoutFeatures, withSmallBindings } from "../../../../tools/dawn-device.ts";
import { type Arithmetic, FLOAT32, FLOAT64 } from "../oracle/algebra.ts";
import { UsageError } from "../usage-error.ts";

/** Where a lane is judged. */
export type Runtime = "node" | "deno" | "chromium" | "firefox";

/** A backend in a place where it runs. */
export interface Lane {
  readonly name: string;
  readonly runtime: Runtime;
  /** Whether it needs a GPU, or one in software. */
  readonly gpu?: boolean;
  /** Only every so manieth case: of a lane beside one that is judged by all. A prime: options of cases repeat every two or five. */
  readonly every?: number;
  readonly create: () => Backend | Promise<Backend>;
  /** How exactly it computes. */
  readonly arithmetic: Arithmetic;
}

/** Every lane. A backend joins with one line, and a file `support/<lane>.json` of what it refuses. */
export const LANES: readonly Lane[] = [
  { name: "node-cpu", runtime: "node", create: () => cpu(), arithmetic: FLOAT64 },
  ...wasmLanes({
    simd: { simd: "simd", threads: 1, f64UpTo: 0 }, // however small a call, in f32
    relaxed: { simd: "relaxed", threads: 1 },
    threads: { simd: "relaxed", threads: 3, chunk: 64 }, // so small that nearly every case is cut
    deterministic: { deterministic: true, threads: 2 },
  }),
  { name: "dawn-swiftshader", runtime: "node", gpu: true, create: async () => gpu(), arithmetic: FLOAT32 },
  {
    name: "dawn-default-limits",
    runtime: "node",
    gpu: true,
    every: 11,
    create: async () => gpu({ device: await dawnDevice() }),
    arithmetic: FLOAT32,
  },
  {
    name: "dawn-as-hardware", // with the kernels for real devices, whose barriers are dear in software
    runtime: "node",
    gpu: true,
    every: 41,
    create: async () => gpu({ adapter: await asHardware() }),
    arithmetic: FLOAT32,
  },
  {
    name: "dawn-no-subgroups",
    runtime: "node",
    gpu: true,
    every: 19,
    create: async () => gpu({ adapter: await withoutFeatures() }),
    arithmetic: FLOAT32,
  },
  {
    name: "dawn-small-bindings", // so small that larger cases have to be cut
    runtime: "node",
    gpu: true,
    every: 11,
    create: async () => gpu({ device: withSmallBindings(await dawnDevice(), 4352) }),
    arithmetic: FLOAT32,
  },
  { name: "browser-cpu", runtime: "chromium", create: () => cpu(), arithmetic: FLOAT64 },
  { name: "chromium-webgpu", runtime: "chromium", every: 11, create: async () => gpu(), arithmetic: FLOAT32 },
  { name: "deno-webgpu", runtime: "deno", gpu: true, every: 19, create: async () => gpu(), arithmetic: FLOAT32 },
  { name: "firefox-webgpu", runtime: "firefox", every: 19, create: async () => gpu(), arithmetic: FLOAT32 },
];

function wasmLanes(options: Readonly<Record<string, WasmOptions>>): Lane[] {
  return Object.entries(options).map(([name, each]) => ({
    name: `node-wasm-${name}`,
    runtime: "node",
    create: async () => wasm(each),
    arithmetic: FLOAT32,
  }));
}

/** @throws UsageError for a name that is no lane's */
export function laneNamed(name: string): Lane {
  const lane = LANES.find((each) => each.name === name);
  if (lane !== undefined) return lane;
  throw new UsageError(`no lane "${name}"; lanes are ${LANES.map((each) => each.name).join(", ")}`);
}
