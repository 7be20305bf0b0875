import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import process from "node:process";
import { WrongResultError } from "./check.ts";
import { CONTESTANTS, REFERENCE } from "./contestants/all.ts";
import { type BenchOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { footnotes, type Row, rowsOfResult, table } from "./report.ts";
import { runCase, WARM_UP_ROUNDS } from "./run-case.ts";

/** Where text goes. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Runs the benchmark; gives the exit code: 0, 1 for a wrong result, 2 for a mistake on the command line. */
export async function bench(args: readonly string[], output: Output): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) output.stdout.write(`${USAGE}\n`);
    else await measure(options, output);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof WrongResultError)) throw error;
    output.stderr.write(`bench: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function measure({ cases, rounds, json }: BenchOptions, { stdout, stderr }: Output): Promise<void> {
  const rows: Row[] = [];
  let checksum = 0;
  for (const benchCase of cases) {
    stderr.write(`${benchCase.id} …\n`);
    const result = await runCase(benchCase, { contestants: CONTESTANTS, reference: REFERENCE, rounds });
    rows.push(...rowsOfResult(result));
    checksum += result.checksum;
  }
  stdout.write(`${table(rows)}\n\n${footnotes(rows, rounds, checksum)}\n`);
  if (json === undefined) return;
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", threads: availableParallelism() };
  writeFileSync(
    json,
    `${JSON.stringify({ machine, rounds, warmUpRounds: WARM_UP_ROUNDS, checksum, rows }, null, 2)}\n`,
  );
}
