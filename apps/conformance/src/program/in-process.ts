import { runNamed } from "./run-named.ts";
import type { Message, Task } from "./run-lane.ts";

// The side of a lane in Node that runs in a process of its own: see run-lane.ts.

const say = (message: Message): void => void process.send?.(message);

async function judge({ name, options }: Task): Promise<void> {
  say({ report: await runNamed(name, options, (done, all) => say({ done, all })) });
  process.disconnect();
}

process.once("message", (task: Task) => void judge(task));
