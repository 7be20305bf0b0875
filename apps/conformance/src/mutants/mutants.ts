import { INDEXING } from "./indexing.ts";
import { MEMORY } from "./memory.ts";
import type { Mutant } from "./mutant.ts";
import { NUMERICS } from "./numerics.ts";
import { OPTIONS } from "./options.ts";

/** Every defect that is planted to see whether the suite finds it. */
export const MUTANTS: readonly Mutant[] = [...OPTIONS, ...INDEXING, ...NUMERICS, ...MEMORY];
