export { memoryBase, run } from "./run";
export { merge } from "./merge";
