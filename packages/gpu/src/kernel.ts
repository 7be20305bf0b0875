import type { DeviceBuffer, DType, Operand } from "@surprisal/core";
import { COMPUTE, UNIFORM } from "./constants.ts";
import { declare, type Slot } from "./declare.ts";
import type { Window } from "./plans/boxes.ts";
import { SHADERS } from "./generated/shaders.ts";
import { expand } from "./template.ts";

/** The name of a file in wgsl/. */
export type ShaderName = keyof typeof SHADERS;

/** A buffer that a kernel is given, or a window of it. */
export interface Binding extends Slot {
  readonly buffer: DeviceBuffer;
  readonly window?: Window | undefined;
}

/** Buffers of a kernel, and where operands lie in them. */
export interface Given {
  readonly bindings: readonly Binding[];
  readonly operands: Readonly<Record<string, Pick<Operand, "offset" | "strides">>>;
}

/** One run of a kernel. */
export interface Dispatch {
  /** Files of wgsl/ that make it up, after the prelude. */
  readonly shaders: readonly ShaderName[];
  readonly flags: readonly string[];
  /** Numbers that are compiled in. */
  readonly constants: Readonly<Record<string, number>>;
  readonly given: Given;
  readonly integers: Readonly<Record<string, number>>;
  readonly numbers: Readonly<Record<string, number>>;
  /** A whole number of 64 bits. */
  readonly ignore: number;
  /** Workgroups. */
  readonly groups: number;
}

/** An operand as a binding. */
export function bind(
  name: string,
  { buffer, dtype, window }: { buffer: DeviceBuffer; dtype: DType; window?: Window | undefined },
  access: Slot["access"],
): Binding {
  return { name, buffer, dtype, window, access };
}

/** Workgroups along x: more than this are laid out in two dimensions. */
const MOST_GROUPS = 65_535;

/** How many workgroups along x and y. */
export function gridOf(groups: number): readonly [number, number] {
  const x = Math.min(groups, MOST_GROUPS);
  return [x, Math.ceil(groups / x)];
}

/** Bytes of the parameters of a kernel, at most. */
export const PARAMETER_BYTES = 512;

/** The parameters as WGSL, and as bytes. */
export function parametersOf({ given, integers, numbers, ignore, groups }: Dispatch): {
  wgsl: string;
  bytes: ArrayBuffer;
} {
  const bytes = new ArrayBuffer(PARAMETER_BYTES);
  const words = new Uint32Array(bytes);
  const floats = new Float32Array(bytes);
  const fields: string[] = [];
  let at = 0;
  for (const [name, { offset, strides }] of Object.entries(given.operands)) {
    fields.push(`${name}: vec4<u32>`);
    words.set([offset, ...strides], at);
    at += 4;
  }
  fields.push("ignore: vec2<u32>");
  words[at++] = ignore;
  words[at++] = Math.floor(ignore / 2 ** 32);
  const counted = { zero: 0, groupsX: gridOf(groups)[0], ...integers };
  for (const [name, value] of Object.entries(counted)) {
    fields.push(`${name}: u32`);
    words[at++] = value;
  }
  for (const [name, value] of Object.entries(numbers)) {
    fields.push(`${name}: f32`);
    floats[at++] = value;
  }
  return { wgsl: `struct Params { ${fields.join(", ")} }\n@group(0) @binding(0) var<uniform> P: Params;`, bytes };
}

/** What tells kernels apart: dispatches with the same key have the same text. */
export function keyOf({ shaders, flags, constants, given, integers, numbers }: Dispatch): string {
  const slots = given.bindings.map(({ name, dtype, access, fours }) => `${name}:${dtype}:${access}:${fours === true}`);
  const names = [given.operands, integers, numbers].map((each) => Object.keys(each).join());
  return [shaders, flags, Object.entries(constants), slots, ...names].join(";");
}

/** The whole text of a kernel; `subgroups`: the device has them, and lanes that share a row put theirs together by them. */
export function textOf(dispatch: Dispatch, subgroups: boolean): string {
  const flags = new Set(dispatch.flags);
  const bySubgroups = subgroups && flags.has("MANY");
  if (bySubgroups) flags.add("SUBGROUPS");
  const constants = Object.entries(dispatch.constants).map(([name, value]) => `const ${name} = ${value}u;`);
  const parts = (["prelude", ...dispatch.shaders] as const).map((name) => expand(SHADERS[name], flags));
  const first = bySubgroups ? ["enable subgroups;"] : [];
  return [...first, ...constants, parametersOf(dispatch).wgsl, declare(dispatch.given.bindings), ...parts].join("\n");
}

/** A compiled kernel. */
export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles a kernel; what is wrong with it comes through the error scope that is open. */
export function compile(device: GPUDevice, text: string, bindings: readonly Slot[]): Compiled {
  const { layout, descriptor } = describe(device, text, bindings);
  return { pipeline: device.createComputePipeline(descriptor), layout };
}

/** Compiles a kernel while others run. @throws GPUPipelineError */
export async function compileAhead(device: GPUDevice, text: string, bindings: readonly Slot[]): Promise<Compiled> {
  const { layout, descriptor } = describe(device, text, bindings);
  return { pipeline: await device.createComputePipelineAsync(descriptor), layout };
}

function describe(
  device: GPUDevice,
  text: string,
  bindings: readonly Slot[],
): { readonly layout: GPUBindGroupLayout; readonly descriptor: GPUComputePipelineDescriptor } {
  const layout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } },
      ...bindings.map(({ access }, i) => ({
        binding: i + 1,
        visibility: COMPUTE,
        buffer: { type: access === "in" ? ("read-only-storage" as const) : ("storage" as const) },
      })),
    ],
  });
  const module = device.createShaderModule({ code: text });
  const descriptor = {
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: "main" },
  };
  return { layout, descriptor };
}

/** How uniform buffers are used. */
export const PARAMETER_USAGE: number = UNIFORM;
