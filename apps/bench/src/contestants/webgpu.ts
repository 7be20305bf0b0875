import type { Entrant } from "../contestant.ts";
import { WEBGPU_PEERS } from "../peers/webgpu.ts";

const FUNCTIONS = "crossEntropy, crossEntropyWithGrad, tensor";

/** Everybody who computes on WebGPU, each in a page of a Chromium of its own. */
export const WEBGPU_ENTRANTS: readonly Entrant[] = [
  {
    name: "gpu",
    role: "ours",
    residency: "resident",
    bundle: `export { ${FUNCTIONS} } from "@surprisal/core"; export { gpu } from "@surprisal/gpu";`,
    page: "contestants/core-gpu.ts",
  },
  ...WEBGPU_PEERS,
];
