import type { Contestant, Entrant } from "../contestant.ts";
import { PEERS } from "../peers/all.ts";

const FUNCTIONS = "crossEntropy, crossEntropyWithGrad, tensor";
const CORE = `export { cpu, ${FUNCTIONS} } from "@surprisal/core";`;
const WASM = `export { ${FUNCTIONS} } from "@surprisal/core"; export { wasm } from "@surprisal/wasm";`;

/** Everybody who takes part; the peers' own list is peers/all.ts. A backend joins with one line. */
export const ENTRANTS: readonly Entrant[] = [
  { name: "cpu", role: "ours", bundle: CORE, load: async () => (await import("./core-cpu.ts")).coreCpu },
  wasm("wasm", 1, "resident"),
  wasm("wasm, 2 threads", 2, "resident"),
  wasm("wasm, handed over", 1, "handed over"),
  wasm("wasm, 2 threads, handed over", 2, "handed over"),
  { name: "careful loop", role: "loop", load: async () => (await import("./careful-loop.ts")).carefulLoop },
  ...PEERS,
];

function wasm(name: string, threads: number, residency: "resident" | "handed over"): Entrant {
  const load = async (): Promise<Contestant> =>
    (await import("./core-wasm.ts")).coreWasm(threads, residency === "handed over");
  return { name, role: "ours", threads, residency, bundle: WASM, load };
}
