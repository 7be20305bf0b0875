import type { Contestant } from "../contestant.ts";
import { carefulLoop } from "./careful-loop.ts";
import { coreCpu } from "./core-cpu.ts";

/** Everybody who takes part: ours first, as it is what the others are compared with. */
export const CONTESTANTS: readonly Contestant[] = [coreCpu, carefulLoop];

/** Whose results the others are checked against. */
export const REFERENCE: Contestant = carefulLoop;
