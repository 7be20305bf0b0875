import { parentPort, workerData } from "node:worker_threads";
import { runNamed } from "./run-named.ts";
import type { ThreadMessage, ThreadTask } from "./run-lane.ts";

// A thread's side of a lane in Node: see run-lane.ts.

const { name, options } = workerData as ThreadTask;
const say = (message: ThreadMessage): void => parentPort?.postMessage(message, []);
say({ report: await runNamed(name, options, (done, all) => say({ done, all })) });
