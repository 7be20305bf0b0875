export { memoryBase, run, scratchBytes } from "./run";
export { merge } from "./merge";
