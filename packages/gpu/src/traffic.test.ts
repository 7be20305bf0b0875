import {
  type Backend,
  crossEntropy,
  crossEntropyWithGrad,
  linearCrossEntropy,
  randint,
  randn,
  type Tensor,
  tensor,
} from "@surprisal/core";
import { afterEach, describe, expect, test } from "vitest";
import { between } from "../../../tools/between.ts";
import { COMPUTE, COPY_SRC, STORAGE } from "./constants.ts";
import { findDevice } from "./device.ts";
import { download } from "./download.ts";
import { gpu } from "./gpu.ts";

// How often kernels touch what they read and write. A device is put between, which gives every kernel one more buffer, and adds to each
// function that reads a logit or writes a number of the gradient that it counts there.

interface Counted {
  readonly backend: Backend;
  readonly device: GPUDevice;
  readonly counts: GPUBuffer;
  dispatches: number;
  submissions: number;
}

/** The binding of the counts; after all others. */
const COUNTS = 20;
const SPACE = 2 ** 17;
const made: Counted[] = [];

afterEach(() => {
  for (const { backend, device } of made.splice(0)) {
    backend.dispose();
    device.destroy();
  }
});

async function counted(): Promise<Counted> {
  const { device } = await findDevice({});
  const counts = device.createBuffer({ size: 2 * SPACE * 4, usage: STORAGE | COPY_SRC });
  const state = { device, counts, dispatches: 0, submissions: 0 };
  const backend = await gpu({ device: countingDevice(device, counts, state) });
  const result = Object.assign(state, { backend });
  made.push(result);
  return result;
}

function countingDevice(
  device: GPUDevice,
  counts: GPUBuffer,
  state: Pick<Counted, "dispatches" | "submissions">,
): GPUDevice {
  return between(device, {
    createShaderModule: ({ code }) => device.createShaderModule({ code: counting(code) }),
    createBindGroupLayout: ({ entries }) =>
      device.createBindGroupLayout({
        entries: [...entries, { binding: COUNTS, visibility: COMPUTE, buffer: { type: "storage" } }],
      }),
    createBindGroup: ({ layout, entries }) =>
      device.createBindGroup({ layout, entries: [...entries, { binding: COUNTS, resource: { buffer: counts } }] }),
    createCommandEncoder: () => countingEncoder(device.createCommandEncoder(), state),
  });
}

function countingEncoder(
  encoder: GPUCommandEncoder,
  state: Pick<Counted, "dispatches" | "submissions">,
): GPUCommandEncoder {
  return between(encoder, {
    beginComputePass() {
      state.submissions++;
      const pass = encoder.beginComputePass();
      return between(pass, {
        dispatchWorkgroups(...groups) {
          state.dispatches++;
          return pass.dispatchWorkgroups(...groups);
        },
      });
    },
  });
}

/** The kernel, which counts. */
function counting(code: string): string {
  const count = (at: string): string => `atomicAdd(&counts[${at}], 1u);`;
  const four = (at: string): string => [0, 1, 2, 3].map((k) => count(`${at} + ${k}u`)).join(" ");
  const declared = `@group(0) @binding(${COUNTS}) var<storage, read_write> counts: array<atomic<u32>>;\n${code}`;
  return declared
    .replace(/fn get_(logits|a)\(i: u32\) -> f32 \{/u, (start) => `${start} ${count("i")}`)
    .replace("fn get4_logits(i: u32) -> vec4<f32> {", (start) => `${start} ${four("i")}`)
    .replace(/fn put_(gradient|logits)\(i: u32, v: f32\) \{(?! put_)/u, (start) => `${start} ${count(`${SPACE}u + i`)}`)
    .replace(/fn put4_(gradient|logits)\(i: u32, v: vec4<f32>\) \{/u, (start) => `${start} ${four(`${SPACE}u + i`)}`);
}

/** How often each logit was read, and each number of the gradient written; what is counted starts anew. */
async function traffic(
  { device, counts }: Counted,
  size: number,
): Promise<{ reads: Uint32Array; writes: Uint32Array }> {
  const [bytes = new ArrayBuffer(0)] = await download(device, [{ source: counts, start: 0, end: 2 * SPACE * 4 }]);
  const all = new Uint32Array(bytes);
  return { reads: all.slice(0, size), writes: all.slice(SPACE, SPACE + size) };
}

interface Shape {
  readonly name: string;
  readonly shape: readonly [number, number, ...number[]];
  readonly targetShape: readonly number[];
  readonly dispatches?: number;
}

const SHAPES: readonly Shape[] = [
  { name: "positions of a volume", shape: [1, 4, 32, 32], targetShape: [1, 32, 32] },
  { name: "rows of few classes", shape: [500, 10], targetShape: [500] },
  { name: "rows that lanes share", shape: [20, 1000], targetShape: [20] },
  { name: "rows that lanes share, no multiple of four", shape: [20, 1003], targetShape: [20] },
  { name: "many rows of many classes", shape: [600, 100], targetShape: [600] },
  { name: "long rows that workgroups share", shape: [2, 8200], targetShape: [2], dispatches: 5 },
];

describe.each(SHAPES)("$name", ({ shape, targetShape, dispatches = 4 }) => {
  const size = shape.reduce((product, each) => product * each, 1);
  const rows = targetShape.reduce((product, each) => product * each, 1);

  async function inputs(): Promise<{ counted: Counted; logits: Tensor; target: Tensor }> {
    const each = await counted();
    const { backend } = each;
    const target = randint(0, shape[1], targetShape, { seed: 2, dtype: "i32" });
    const moved = { logits: await randn(shape, { seed: 1 }).to(backend), target: await target.to(backend) };
    Object.assign(each, { dispatches: 0, submissions: 0 });
    return { counted: each, ...moved };
  }

  /** Of each logit but those of the targets: the lanes of a row look at that one together. */
  async function others(counts: Uint32Array, target: Tensor): Promise<Set<number>> {
    const inner = rows / shape[0];
    const targets = Array.from((await target.data()) as Int32Array, (y, row) => {
      const outer = Math.floor(row / inner);
      return (outer * shape[1] + y) * inner + (row % inner);
    });
    const wanted = new Set(targets);
    return new Set(counts.filter((_, at) => !wanted.has(at)));
  }

  test("forward reads each logit once, in one submission", async () => {
    const { counted: each, logits, target } = await inputs();
    const loss = crossEntropy(logits, target);
    expect(each).toMatchObject({ submissions: 1, dispatches });
    await loss.item();
    const { reads, writes } = await traffic(each, size);
    expect(await others(reads, target)).toEqual(new Set([1]));
    expect(new Set(writes)).toEqual(new Set([0]));
  });

  test.each([false, true])("with gradient it is read twice and written once, in place: %s", async (inPlace) => {
    const { counted: each, logits, target } = await inputs();
    const { loss } = crossEntropyWithGrad(logits, target, inPlace ? { into: "logits" } : {});
    expect(each).toMatchObject({ submissions: 1, dispatches });
    await loss.item();
    const { reads, writes } = await traffic(each, size);
    expect(await others(reads, target)).toEqual(new Set([2]));
    expect(new Set(writes)).toEqual(new Set([1]));
  });
});

test("rows of a linear layer that are left out are not multiplied", async () => {
  const { backend, ...each } = await counted();
  const [rows, features, classes, kept] = [96, 32, 10, 16]; // fewer logits than hidden states, as they are counted together
  const labels = Int32Array.from({ length: rows }, (_, r) => (r % 6 === 5 ? r % classes : -100));
  const moved = [randn([rows, features], { seed: 1 }), randn([classes, features], { seed: 2 })] as const;
  const [hidden, weight] = await Promise.all(moved.map((one) => one.to(backend)));
  const target = await tensor(labels, { dtype: "i32" }).to(backend);
  if (hidden === undefined || weight === undefined) throw new TypeError("unreachable");
  expect(await linearCrossEntropy(hidden, weight, target).item()).toBeGreaterThan(1);
  const { reads } = await traffic({ backend, ...each }, rows * features);
  // Rows beyond those that are kept share the last tile with these, or are not looked at.
  const tile = 8;
  expect(Math.min(...reads.slice(0, kept * features))).toBeGreaterThan(0);
  expect(Math.max(...reads.slice((kept + tile) * features))).toBe(0);
});
