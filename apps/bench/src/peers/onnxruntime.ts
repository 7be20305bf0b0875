import { env, InferenceSession, Tensor } from "onnxruntime-node";
import type { CaseData, Contestant, Outcome, Pass, Prepared } from "../contestant.ts";
import { graphOf, indexShape } from "./onnx-graphs.ts";
import { encodeModel } from "./onnx-model.ts";

/** onnxruntime-node on its CPU provider, with so many threads. */
export function onnxruntime(threads: number): Contestant {
  return {
    name: threads === 1 ? "onnxruntime-node" : `onnxruntime-node, ${threads} threads`,
    describe: () => ({ version: env.versions.node ?? "unknown", provider: "cpu", threads }),
    prepare: async (data) => prepare(data, threads),
  };
}

async function prepare(data: CaseData, threads: number): Promise<Prepared> {
  const tensors = tensorsOf(data);
  const sessions = {
    forward: await sessionOf(data, "forward", threads),
    gradient: await sessionOf(data, "gradient", threads),
  };
  return {
    async run(pass) {
      const session = sessions[pass];
      const feeds = Object.fromEntries(session.inputNames.map((name) => [name, tensorNamed(tensors, name)]));
      return outcomeOf(await session.run(feeds));
    },
    dispose() {
      for (const tensor of Object.values(tensors)) tensor.dispose();
      void sessions.forward.release();
      void sessions.gradient.release();
    },
  };
}

async function sessionOf({ benchCase }: CaseData, pass: Pass, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(encodeModel(graphOf(benchCase, pass, "cpu")), {
    executionProviders: ["cpu"],
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3, // errors
  });
}

/** Inputs where they are: ONNX tensors on the CPU are views of ordinary memory. */
function tensorsOf({ benchCase, inputs }: CaseData): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, { shape, values }] of Object.entries(inputs)) {
    tensors[name] =
      values instanceof Int32Array
        ? new Tensor("int32", values, indexShape(benchCase))
        : new Tensor("float32", values, shape);
  }
  return tensors;
}

function tensorNamed(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new TypeError(`the case has no input "${name}"`);
  return tensor;
}

function outcomeOf(results: InferenceSession.ReturnType): Outcome {
  const outputs: Record<string, Float32Array> = {};
  for (const [name, result] of Object.entries(results)) {
    if (!(result instanceof Tensor) || !(result.data instanceof Float32Array)) {
      throw new TypeError(`${name} must be a tensor of f32`);
    }
    outputs[name] = result.data;
  }
  const first = outputs["loss"] ?? outputs["output"];
  return {
    used: first?.[0] ?? Number.NaN,
    outputs: () => outputs,
    release() {
      for (const result of Object.values(results)) result.dispose();
    },
  };
}
