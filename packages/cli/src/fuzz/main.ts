import process from "node:process";
import { parseArgs } from "node:util";
import { execute, fuzz, warmUp } from "./fuzz.ts";
import { FUZZ_TARGETS, type FuzzTarget } from "./targets.ts";
import { watchdog } from "./watchdog.ts";

// `pnpm fuzz [--reader NAME] [--executions N] [--seed N]`, or `--reader NAME --input BASE64` for a single input.

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
for (const target of targets) {
  if (values.input === undefined) await run(target);
  else await reproduce(target, Buffer.from(values.input, "base64"));
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
