import { env, InferenceSession, Tensor } from "onnxruntime-web/webgpu";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm";
import type { CaseData, Contestant, Outcome, Pass, Prepared } from "../contestant.ts";
import { graphOf, indexShape } from "./onnx-graphs.ts";
import { encodeModel } from "./onnx-model.ts";

/** onnxruntime-web on its WebGPU provider. A graph with an operator that it would leave to the CPU is an error. */
export const contestant: Contestant = {
  name: "onnxruntime-web webgpu",
  describe: () => ({ version: env.versions.web ?? "unknown", provider: "webgpu" }),
  prepare,
};

async function prepare(data: CaseData): Promise<Prepared> {
  env.wasm.wasmPaths = { wasm };
  env.wasm.numThreads = 1; // the CPU has nothing to compute
  const sessions = { forward: await sessionOf(data, "forward"), gradient: await sessionOf(data, "gradient") };
  const device = await env.webgpu.device;
  const tensors = tensorsOf(data, device);
  const staging = device.createBuffer({ size: NUMBER, usage: COPY_DST | MAP_READ });
  return {
    async run(pass) {
      const session = sessions[pass];
      const feeds = Object.fromEntries(session.inputNames.map((name) => [name, tensorNamed(tensors, name)]));
      const results = await session.run(feeds);
      const used = await firstNumber(results["loss"] ?? results["output"], device, staging);
      return outcomeOf(results, used);
    },
    dispose() {
      for (const tensor of Object.values(tensors)) tensor.dispose();
      staging.destroy();
      void sessions.forward.release();
      void sessions.gradient.release();
    },
  };
}

// WebGPU's numbers: TypeScript knows none of its constants.
const [MAP_READ, COPY_SRC, COPY_DST, STORAGE] = [1, 4, 8, 128];
const READ = 1;
const NUMBER = 4;

async function sessionOf({ benchCase }: CaseData, pass: Pass): Promise<InferenceSession> {
  return InferenceSession.create(encodeModel(graphOf(benchCase, pass, "webgpu")), {
    executionProviders: ["webgpu"],
    preferredOutputLocation: "gpu-buffer",
    graphOptimizationLevel: "all",
    logSeverityLevel: 3, // errors
    extra: { session: { disable_cpu_ep_fallback: "1" } },
  });
}

/** Inputs on the device. */
function tensorsOf({ benchCase, inputs }: CaseData, device: GPUDevice): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, { shape, values }] of Object.entries(inputs)) {
    const size = Math.ceil(values.byteLength / 16) * 16; // its kernels read whole vec4
    const buffer = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
    device.queue.writeBuffer(buffer, 0, values.slice());
    const integers = values instanceof Int32Array;
    const form = { dims: integers ? indexShape(benchCase) : shape, dispose: () => buffer.destroy() };
    tensors[name] = integers
      ? Tensor.fromGpuBuffer(buffer, { ...form, dataType: "int32" })
      : Tensor.fromGpuBuffer(buffer, { ...form, dataType: "float32" });
  }
  return tensors;
}

function tensorNamed(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new TypeError(`the case has no input "${name}"`);
  return tensor;
}

/** One number of a result: its own reading would copy all. */
async function firstNumber(result: Tensor | undefined, device: GPUDevice, staging: GPUBuffer): Promise<number> {
  if (result === undefined) return Number.NaN;
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(result.gpuBuffer, 0, staging, 0, NUMBER);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(READ);
  const [number = Number.NaN] = new Float32Array(staging.getMappedRange());
  staging.unmap();
  return number;
}

function outcomeOf(results: InferenceSession.ReturnType, used: number): Outcome {
  return {
    used,
    async outputs() {
      const read: Record<string, Float32Array> = {};
      for (const [name, result] of Object.entries(results)) read[name] = (await result.getData()) as Float32Array;
      return read;
    },
    release() {
      for (const result of Object.values(results)) result.dispose();
    },
  };
}
