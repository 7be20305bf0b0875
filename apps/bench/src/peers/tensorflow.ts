import { version_cpu } from "@tensorflow/tfjs-backend-cpu";
import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import { dispose, ready, reshape, setBackend, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { type BenchCase, geometryOf, sizeOf } from "../cases.ts";
import type { CaseData, Contestant, Outcome, Prepared } from "../contestant.ts";
import { formsOf, type Outputs } from "./tensorflow-forms.ts";

/** TensorFlow.js on its wasm or its cpu backend. */
export function tensorflow(backend: "wasm" | "cpu"): Contestant {
  return {
    name: `TensorFlow.js ${backend}`,
    describe: () => ({ version: backend === "wasm" ? version_wasm : version_cpu, backend, threads: 1 }),
    refuses: (benchCase) => (backend === "cpu" ? tooLong(benchCase) : undefined),
    prepare: async (data) => prepare(data, backend),
  };
}

/** Elements up to which a call of the cpu backend, a plain loop for each operator, takes no more than about a second. */
const CPU_ELEMENTS = 2 ** 22;

function tooLong(benchCase: BenchCase): string | undefined {
  const { outer, classes, inner } = geometryOf(benchCase);
  if (benchCase.kind === "linear" && sizeOf(benchCase.shape) * classes > 8 * CPU_ELEMENTS) {
    return "its cpu backend multiplies matrices in a plain loop: minutes a call";
  }
  return outer * classes * inner > CPU_ELEMENTS ? "its cpu backend takes seconds a call at this size" : undefined;
}

async function prepare(data: CaseData, backend: string): Promise<Prepared> {
  if (!(await setBackend(backend))) throw new Error(`backend ${backend} did not start`);
  await ready();
  const forms = formsOf(data);
  return {
    run: (pass) => outcomeOf(tidy(() => ({ ...forms.compute(pass) }))),
    dispose: () => dispose([...forms.inputs]),
  };
}

function outcomeOf(outputs: Outputs): Outcome {
  const entries = Object.entries(outputs);
  return {
    used: firstElement(outputs["loss"] ?? outputs["output"]),
    outputs: () => Object.fromEntries(entries.map(([name, output]) => [name, output.dataSync<"float32">()])),
    release: () => dispose(Object.values(outputs)),
  };
}

/** Kernels run at once, so one element that can be read says that all are there; reading all would copy all. */
function firstElement(output: Tensor | undefined): number {
  if (output === undefined) return Number.NaN;
  if (output.size === 1) return output.dataSync<"float32">()[0] ?? Number.NaN;
  const first = tidy(() => slice(reshape(output, [output.size]), 0, 1).dataSync<"float32">());
  return first[0] ?? Number.NaN;
}
