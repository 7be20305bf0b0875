import type { VectorCase } from "./vectors.ts";

// Each file of vectors in a module of its own, loaded when its cases are wanted: in Node, in a bundle, in a browser.

interface VectorModule {
  readonly default: unknown;
}

const FILES: readonly (() => Promise<VectorModule>)[] = [
  () => import("../../vectors/binary-cross-entropy.json", { with: { type: "json" } }),
  () => import("../../vectors/binary-cross-entropy-with-logits.json", { with: { type: "json" } }),
  () => import("../../vectors/cross-entropy-bf16.json", { with: { type: "json" } }),
  () => import("../../vectors/cross-entropy-edges.json", { with: { type: "json" } }),
  () => import("../../vectors/cross-entropy-errors.json", { with: { type: "json" } }),
  () => import("../../vectors/cross-entropy-extensions.json", { with: { type: "json" } }),
  () => import("../../vectors/cross-entropy-index.json", { with: { type: "json" } }),
  () => import("../../vectors/cross-entropy-probabilities.json", { with: { type: "json" } }),
  () => import("../../vectors/distributions.json", { with: { type: "json" } }),
  () => import("../../vectors/focal.json", { with: { type: "json" } }),
  () => import("../../vectors/kl-divergence.json", { with: { type: "json" } }),
  () => import("../../vectors/linear-cross-entropy.json", { with: { type: "json" } }),
  () => import("../../vectors/multilabel-soft-margin.json", { with: { type: "json" } }),
  () => import("../../vectors/nll-loss.json", { with: { type: "json" } }),
  () => import("../../vectors/one-hot.json", { with: { type: "json" } }),
  () => import("../../vectors/onnx.json", { with: { type: "json" } }),
  () => import("../../vectors/softmax.json", { with: { type: "json" } }),
];

/** Every vector that is recorded. */
export async function recordedVectors(): Promise<readonly VectorCase[]> {
  const modules = await Promise.all(FILES.map((load) => load()));
  return modules.flatMap((module) => (module.default as { readonly cases: readonly VectorCase[] }).cases);
}
