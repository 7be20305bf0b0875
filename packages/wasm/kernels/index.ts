export { memoryBase, run, scratchBytes } from "./run";
export { fold, merge } from "./merge";
