import { cpu } from "@surprisal/core";
import { wasm } from "@surprisal/wasm";
import type { Contestant, Entrant } from "../contestant.ts";
import { PEERS } from "../peers/all.ts";
import { pinnedVersion } from "../peers/pinned-version.ts";
import { ENTRANTS } from "./all.ts";
import { onHostBackend } from "./core.ts";
import { loopProducts } from "./loop-products.ts";
import { twoSteps } from "./two-steps.ts";

const OURS = new Set(["cpu", "wasm", "wasm, 2 threads"]);

/** Bytes beyond inputs and outputs that a device may take: less than its default, so that it goes block by block. */
const BOUND = 16 * 2 ** 20;
/** More than the logits take in any case. */
const ALL_LOGITS = 2 ** 31;

/** Everybody in the cases of the linear layer, all in Node; backends of ours in one step and in two. */
export const LINEAR_ENTRANTS: readonly Entrant[] = [
  ...ENTRANTS.filter(({ name }) => OURS.has(name)),
  { name: "wasm, 6 MiB", role: "steps", against: "wasm", load: async () => wasmWithin(6 * 2 ** 20) },
  { name: "gpu", role: "ours", device: true, residency: "resident", load: async () => gpuContestant("gpu", BOUND) },
  { name: "cpu, two steps", role: "steps", against: "cpu", load: async () => cpuTwoSteps() },
  { name: "wasm, two steps", role: "steps", against: "wasm", load: async () => wasmTwoSteps() },
  {
    name: "gpu, two steps",
    role: "steps",
    against: "gpu",
    device: true,
    residency: "resident",
    load: async () => gpuContestant("gpu, two steps", ALL_LOGITS),
  },
  ...PEERS,
];

async function gpuContestant(name: string, maxBytes: number): Promise<Contestant> {
  const [{ gpu }, { onDeviceBackend }] = await Promise.all([import("@surprisal/gpu"), import("./core-device.ts")]);
  return {
    ...onDeviceBackend(name, gpu, { maxBytes }),
    async describe() {
      const backend = await gpu();
      const { vendor, architecture, software } = backend.describe();
      backend.dispose();
      const names = [vendor, architecture].filter((each) => typeof each === "string" && each !== "");
      const adapter = names.join(" ") + (software === true ? ", in software" : "");
      return { backend: backend.name, adapter, node: process.versions.node };
    },
  };
}

/** With less than a tenth of the memory that the logits of the large case take. */
function wasmWithin(maxBytes: number): Contestant {
  return onHostBackend("wasm, 6 MiB", async () => wasm({ threads: 1 }), { maxBytes });
}

function cpuTwoSteps(): Contestant {
  const facts = { product: "a plain loop", loss: "cpu", node: process.versions.node };
  return twoSteps("cpu, two steps", { facts, multiply: loopProducts, create: cpu });
}

async function wasmTwoSteps(): Promise<Contestant> {
  const { jaxProducts } = await import("../peers/jax-products.ts");
  const facts = { product: `jax-js ${pinnedVersion("@jax-js/jax")} wasm`, loss: "wasm", node: process.versions.node };
  return twoSteps("wasm, two steps", { facts, multiply: jaxProducts, create: async () => wasm({ threads: 1 }) });
}
