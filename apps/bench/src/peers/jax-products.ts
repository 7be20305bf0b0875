import { blockUntilReady, defaultDevice, init, numpy as np } from "@jax-js/jax";
import type { CaseData } from "../contestant.ts";
import { floats } from "../contestants/inputs.ts";
import type { Products } from "../contestants/two-steps.ts";
import { floatsOf } from "./jax-device.ts";

/** Matrix products of @jax-js/jax on its wasm backend: the fastest that JavaScript has in WebAssembly. */
export async function jaxProducts(data: CaseData): Promise<Products> {
  const started = await init("wasm");
  if (!started.includes("wasm")) throw new Error("the wasm backend did not start");
  defaultDevice("wasm");
  const { shape, weightShape = [] } = data.benchCase;
  const hidden = np.array(floats(data, "hidden").slice()).reshape([...shape]);
  const weight = np.array(floats(data, "weight").slice()).reshape([...weightShape]);
  await blockUntilReady([hidden, weight]);
  return {
    async logits() {
      const logits = np.matmul(hidden.ref, weight.ref.transpose());
      const values = await floatsOf(logits);
      logits.dispose();
      return values;
    },
    async gradients(gradLogits) {
      const slopes = np.array(gradLogits.slice()).reshape([shape[0] ?? 1, weightShape[0] ?? 1]);
      const gradHidden = np.matmul(slopes.ref, weight.ref);
      const gradWeight = np.matmul(slopes.transpose(), hidden.ref);
      await blockUntilReady([gradHidden, gradWeight]);
      return {
        read: async () => ({ gradHidden: await floatsOf(gradHidden), gradWeight: await floatsOf(gradWeight) }),
        release() {
          gradHidden.dispose();
          gradWeight.dispose();
        },
      };
    },
    dispose() {
      hidden.dispose();
      weight.dispose();
    },
  };
}
