import { blockUntilReady, defaultDevice, init } from "@jax-js/jax";
import type { CaseData, Outcome, Prepared } from "../contestant.ts";
import { type Array, formsOf, type Outputs } from "./jax-forms.ts";

/** A case on a device of jax-js. */
export async function prepareOn(device: "wasm" | "webgpu", data: CaseData): Promise<Prepared> {
  const started = await init(device);
  if (!started.includes(device)) throw new Error(`the ${device} backend did not start`);
  defaultDevice(device);
  const forms = formsOf(data);
  await blockUntilReady([...forms.inputs]);
  return {
    run: async (pass) => outcomeOf(forms.compute(pass)),
    dispose() {
      for (const input of forms.inputs) input.dispose();
      forms.dispose();
    },
  };
}

async function outcomeOf(outputs: Outputs): Promise<Outcome> {
  const arrays = Object.values(outputs);
  await blockUntilReady(arrays); // an array may be a promise of work until it is asked for
  return {
    used: await firstElement(outputs["loss"] ?? outputs["output"]),
    async outputs() {
      const read: Record<string, Float32Array> = {};
      for (const [name, array] of Object.entries(outputs)) read[name] = await floatsOf(array);
      return read;
    },
    release() {
      for (const array of arrays) array.dispose();
    },
  };
}

/** Of many elements one is cut out, since reading all would copy all. */
async function firstElement(output: Array | undefined): Promise<number> {
  if (output === undefined) return Number.NaN;
  const first = output.size === 1 ? output : output.ref.slice(...output.shape.map(() => 0));
  const [element = Number.NaN] = await floatsOf(first);
  if (first !== output) first.dispose();
  return element;
}

/** The elements of an array of f32. */
export async function floatsOf(array: Array): Promise<Float32Array<ArrayBuffer>> {
  const data = await array.ref.data();
  if (data instanceof Float32Array) return data;
  throw new TypeError(`an output must be of f32; got ${array.dtype}`);
}
