import type { Entrant } from "../contestant.ts";

const TFJS =
  "add addN div exp gatherND log max maximum mean mul reshape scatterND setBackend stack sub sum tensor tidy unstack";
const TFJS_WEBGPU = `export { ${TFJS.replaceAll(" ", ", ")} } from "@tensorflow/tfjs-core"; import "@tensorflow/tfjs-backend-webgpu";`;

/** What a user would take instead in a page with WebGPU, each written the fastest way that is correct. */
export const WEBGPU_PEERS: readonly Entrant[] = [
  {
    name: "TensorFlow.js webgpu",
    role: "peer",
    residency: "resident",
    bundle: TFJS_WEBGPU,
    page: "peers/tensorflow-webgpu.ts",
  },
  {
    // Without its 26.8 MB of Wasm, which are loaded beside it.
    name: "onnxruntime-web webgpu",
    role: "peer",
    residency: "resident",
    bundle: `export { InferenceSession, Tensor } from "onnxruntime-web/webgpu";`,
    page: "peers/onnxruntime-webgpu.ts",
  },
  {
    name: "jax-js webgpu",
    role: "peer",
    residency: "resident",
    bundle: `export { init, jit, nn, numpy, valueAndGrad } from "@jax-js/jax";`,
    page: "peers/jax-webgpu.ts",
  },
];
