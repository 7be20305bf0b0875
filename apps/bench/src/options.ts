import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { type BenchCase, CASES } from "./cases.ts";

/** What `pnpm bench` was asked for. */
export interface BenchOptions {
  readonly cases: readonly BenchCase[];
  readonly rounds: number;
  /** Where the figures go. */
  readonly json: string | undefined;
}

/** A mistake on the command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How to call it. */
export const USAGE: string = `pnpm bench [--case ID]… [--rounds N] [--json FILE]

${CASES.map(({ id, shape, about }) => `  ${id.padEnd(22)}[${shape.join(", ")}]: ${about}`).join("\n")}`;

const DEFAULT_ROUNDS = 7;

/**
 * Reads the arguments; undefined if help was asked for.
 * @throws UsageError for an unknown option or case, a count that is none, and a folder that is not there
 */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new UsageError(`--rounds must be an integer of at least 1; got "${values.rounds}"`);
  }
  if (values.json !== undefined && !existsSync(dirname(values.json))) {
    throw new UsageError(`--json: there is no folder "${dirname(values.json)}"`);
  }
  return { cases: chosen(values.case), rounds, json: values.json };
}

function chosen(ids: readonly string[] | undefined): readonly BenchCase[] {
  if (ids === undefined) return CASES;
  return ids.map((id) => {
    const found = CASES.find((each) => each.id === id);
    if (found !== undefined) return found;
    throw new UsageError(`--case must be one of ${CASES.map((each) => each.id).join(", ")}; got "${id}"`);
  });
}

interface Values {
  readonly case?: string[];
  readonly rounds?: string;
  readonly json?: string;
  readonly help?: boolean;
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        case: { type: "string", multiple: true },
        rounds: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
