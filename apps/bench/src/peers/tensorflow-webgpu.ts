import {
  dispose,
  ready,
  reshape,
  setBackend,
  slice,
  type Tensor,
  tidy,
  version_core as version,
} from "@tensorflow/tfjs-core";
import { geometryOf } from "../cases.ts";
import type { CaseData, Contestant, Outcome, Prepared } from "../contestant.ts";
import { type Forms, formsOf, type Outputs } from "./tensorflow-forms.ts";
import { crossEntropyOnPlanes } from "./tensorflow-planes.ts";

/** TensorFlow.js on its webgpu backend. */
export const contestant: Contestant = {
  name: "TensorFlow.js webgpu",
  describe: () => ({ version, backend: "webgpu" }),
  prepare,
};

async function prepare(data: CaseData): Promise<Prepared> {
  await import("@tensorflow/tfjs-backend-webgpu"); // registers itself
  if (!(await setBackend("webgpu"))) throw new Error("the webgpu backend did not start");
  await ready();
  const forms = fastestForms(data);
  return {
    run: async (pass) => outcomeOf(tidy(() => ({ ...forms.compute(pass) }))),
    dispose: () => dispose([...forms.inputs]),
  };
}

/** A reduction has a workgroup for each row, of which a volume has hundreds of thousands: a hundred times as slow as class planes. */
function fastestForms(data: CaseData): Forms {
  const { kind, target } = data.benchCase;
  const strided = kind === "cross-entropy" && target === "indices" && geometryOf(data.benchCase).inner > 1;
  return strided ? crossEntropyOnPlanes(data) : formsOf(data);
}

async function outcomeOf(outputs: Outputs): Promise<Outcome> {
  return {
    used: await firstElement(outputs["loss"] ?? outputs["output"]),
    async outputs() {
      const read: Record<string, Float32Array> = {};
      for (const [name, output] of Object.entries(outputs)) read[name] = await output.data<"float32">();
      return read;
    },
    release: () => dispose(Object.values(outputs)),
  };
}

/** Of many elements one is cut out, since reading all would copy all. */
async function firstElement(output: Tensor | undefined): Promise<number> {
  if (output === undefined) return Number.NaN;
  const first = output.size === 1 ? output : tidy(() => slice(reshape(output, [output.size]), 0, 1));
  const [element = Number.NaN] = await first.data<"float32">();
  if (first !== output) dispose(first);
  return element;
}
