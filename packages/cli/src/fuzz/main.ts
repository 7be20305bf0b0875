import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { execute, fuzz, warmUp } from "./fuzz.ts";
import { FUZZ_TARGETS, type FuzzTarget } from "./targets.ts";
import { watchdog } from "./watchdog.ts";

// `pnpm fuzz [--reader NAME] [--executions N] [--seed N]`, or `--reader NAME --input BASE64` for a single input. Readers are tried side by
// side, as many as there are processors, in processes of their own.

Error.stackTraceLimit = 0; // errors are what most inputs lead to, and nobody reads where they came from

const { values } = parseArgs({
  options: {
    reader: { type: "string" },
    executions: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    input: { type: "string" },
  },
});
const targets = FUZZ_TARGETS.filter(({ name }) => values.reader === undefined || values.reader === name);
if (targets.length === 0)
  throw new RangeError(`--reader must be one of ${FUZZ_TARGETS.map(({ name }) => name).join(", ")}`);
const [only] = targets;
if (values.input !== undefined && only !== undefined) await reproduce(only, Buffer.from(values.input, "base64"));
else if (values.reader !== undefined && only !== undefined) await run(only);
else await sideBySide(targets);

/** Each target in a process of its own, which is this program again; the slowest, which is the last one, first. */
async function sideBySide(all: readonly FuzzTarget[]): Promise<void> {
  const waiting = all.toReversed();
  const next = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), "--reader", target.name]);
      const [code] = (await once(child, "exit")) as readonly unknown[];
      if (code !== 0) process.exitCode = 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
}

async function reproduce(target: FuzzTarget, input: Uint8Array): Promise<void> {
  await warmUp(target);
  console.log(`${target.name}: ${await execute(target, input)}`);
}

async function run(target: FuzzTarget): Promise<void> {
  const { watch, stop } = watchdog(target.name);
  const start = performance.now();
  const result = await fuzz(target, { executions: Number(values.executions), seed: Number(values.seed), watch });
  const seconds = (performance.now() - start) / 1000;
  await stop();
  const { executions, accepted, corpus, blocks, failure } = result;
  const rate = Math.round(executions / seconds);
  const share = ((accepted / executions) * 100).toFixed(1);
  console.log(
    `${target.name}: ${executions} executions in ${seconds.toFixed(1)} s (${rate}/s), ${share} % read, ${corpus} inputs kept, ${blocks} blocks`,
  );
  if (failure === undefined) return;
  const input = Buffer.from(failure.input).toString("base64");
  console.error(`${target.name}: ${failure.problem}\nreproduce: pnpm fuzz --reader ${target.name} --input ${input}`);
  process.exitCode = 1;
}
