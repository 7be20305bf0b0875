import type { Contestant, Entrant } from "../contestant.ts";

/** Debian's python3-torch is for Debian's Python; another one on the path has none. */
const PYTHON = "/usr/bin/python3";
const TORCH = "src/peers/pytorch.py";

const TFJS = [
  "abs add div exp gatherND log matMul max mean mul relu reshape scatterND setBackend sigmoid softmax sub sum tensor tidy",
  "transpose",
];
const TFJS_CORE = `export { ${TFJS.join(" ").replaceAll(" ", ", ")} } from "@tensorflow/tfjs-core";`;
const TFJS_WASM = `${TFJS_CORE} export { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";`;
const TFJS_CPU = `${TFJS_CORE} import "@tensorflow/tfjs-backend-cpu";`;
const JAX = `export { init, jit, nn, numpy, valueAndGrad } from "@jax-js/jax";`;

/** What a user would take instead, each written the fastest way that is correct; with one and two threads if it has threads. */
export const PEERS: readonly Entrant[] = [
  { name: "PyTorch", role: "peer", command: [PYTHON, TORCH, "1"] },
  { name: "PyTorch, 2 threads", role: "peer", threads: 2, command: [PYTHON, TORCH, "2"] },
  { name: "onnxruntime-node", role: "peer", load: async () => onnxruntime(1) },
  { name: "onnxruntime-node, 2 threads", role: "peer", threads: 2, load: async () => onnxruntime(2) },
  {
    name: "TensorFlow.js wasm",
    role: "peer",
    residency: "resident",
    bundle: TFJS_WASM,
    load: async () => (await import("./tensorflow.ts")).tensorflow("wasm"),
  },
  {
    name: "TensorFlow.js cpu",
    role: "peer",
    bundle: TFJS_CPU,
    load: async () => (await import("./tensorflow.ts")).tensorflow("cpu"),
  },
  {
    name: "jax-js",
    role: "peer",
    residency: "resident",
    bundle: JAX,
    load: async () => (await import("./jax.ts")).jax,
  },
];

async function onnxruntime(threads: number): Promise<Contestant> {
  return (await import("./onnxruntime.ts")).onnxruntime(threads);
}
