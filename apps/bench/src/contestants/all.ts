import type { Entrant } from "../contestant.ts";
import { PEERS } from "../peers/all.ts";

const CORE = `export { cpu, crossEntropy, crossEntropyWithGrad, tensor } from "@surprisal/core";`;

/** Everybody who takes part; the peers' own list is peers/all.ts. A backend joins with one line. */
export const ENTRANTS: readonly Entrant[] = [
  { name: "cpu", role: "ours", bundle: CORE, load: async () => (await import("./core-cpu.ts")).coreCpu },
  { name: "careful loop", role: "loop", load: async () => (await import("./careful-loop.ts")).carefulLoop },
  ...PEERS,
];
