import { type Command, Option } from "commander";
import { BACKENDS } from "../backends.ts";
import type { EvalOptions } from "../eval/options.ts";
import type { Io } from "../io.ts";
import { FORMATS } from "../readers/formats.ts";
import { parseShard } from "../state/shard.ts";
import { decimal, integer, integers, positiveInteger } from "./arguments.ts";

const NOTES = `
Files: ${FORMATS.map((format) => `.${format}`).join(", ")}, told by their first bytes or their name; - is standard input.
A * or ? in a file's name stands for shards, which follow each other along the first axis.

Shapes, with C classes:
  logits   [C], [N, C] or [N, C, d1 … dK], floating or integers; another class axis by --class-dim;
           in tables a column of lists, or several columns side by side
  targets  class indices of the logits' shape without C; or, of the logits' shape, probabilities,
           or integers that are one-hot

Examples:
  surprisal eval logits.npy targets.npy
  surprisal eval predictions.parquet --logits logits --target label
  surprisal eval scores.csv --logits 'class_*' --target label --from-probabilities
  surprisal eval 'shards/logits-*.npy' 'shards/targets-*.npy' --label-smoothing 0.1
  surprisal eval logits.npy targets.npy --shard 3/10 --state out/3.json
  producer | surprisal eval - --format jsonl --logits logits --target target --json

Exit codes: 0 done, 1 a gate failed, 2 usage, 3 bad input, 4 backend unavailable, 130 interrupted.`;

/** Adds `surprisal eval`; the work itself is loaded when it runs. */
export function addEval(program: Command, io: Io): void {
  const command = program
    .command("eval")
    .summary("cross entropy, perplexity and accuracy of files of predictions")
    .description("Cross entropy, perplexity and accuracy of logits against targets, in files of any size.")
    .argument("<logits>", "file of logits, or of logits and targets")
    .argument("[targets]", "file of targets")
    .addHelpText("after", NOTES);
  for (const option of [...inputOptions(), ...lossOptions(), ...resultOptions()]) command.addOption(option);
  command
    .addOption(new Option("--backend <name>", "where to compute").choices(["auto", ...names()]).default("auto"))
    .option("--json", "one line of JSON, for programs")
    .action(async (logits: string, targets: string | undefined, options: EvalOptions) => {
      const { runEval } = await import("../eval/run.ts");
      await runEval({ logits, targets }, options, io);
    });
}

/** What is in the files, and where. */
function inputOptions(): Option[] {
  return [
    new Option("--logits <name>", "array, column, or columns (a,b or a*) that hold the logits"),
    new Option("--target <name>", "array, column, or columns that hold the targets; in the only file if there is one"),
    new Option("--format <name>", "format of the first file, if it is not told by itself").choices([...FORMATS]),
    new Option("--target-format <name>", "the same of the second file").choices([...FORMATS]),
    new Option(
      "--class-dim <dim>",
      "class axis of the logits, and of probabilities (default: 1; 0 for rank 1)",
    ).argParser(integer),
    new Option("--from-probabilities", "the first file holds probabilities instead of logits"),
    new Option("--binary", "binary cross entropy of each element; targets have the logits' shape"),
    new Option("--pos-weight <w>", "with --binary: multiplies the positive part of the loss").argParser(decimal),
  ];
}

/** What is wanted of the result, and what becomes of it. */
function resultOptions(): Option[] {
  return [
    new Option("--top-k <k,…>", "k of the top-k accuracies (default: 1,5)").argParser(integers),
    new Option("--bytes <n>", "bytes of the text that the rows stand for: gives bits per byte").argParser(
      positiveInteger,
    ),
    new Option("--report <file>", "also write a page with charts, an .html file that needs no other"),
    new Option("--max-loss <nats>", "exit with 1 if the loss is larger, or NaN").argParser(decimal),
    new Option("--fail-on-nan", "exit with 1 if the loss, or that of any row, is not finite"),
    new Option("--state <file>", "remember in a file what was found; skipped where that file is complete"),
    new Option("--shard <i/n>", "with --state: only the i-th of n parts, for `surprisal merge`").argParser(parseShard),
    new Option("--resume", "with --state: go on from an unfinished file"),
  ];
}

/** The options of crossEntropy, by the same names. */
function lossOptions(): Option[] {
  return [
    new Option("--reduction <how>", "of the rows' losses").choices(["mean", "sum", "none"]).default("mean"),
    new Option("--weight <file>", "file with one weight per class, [C]"),
    new Option("--row-weight <file>", "file with one weight per row, in the shape of class indices; may be bool"),
    new Option("--ignore-index <class>", "rows with this class index are left out (default: -100)").argParser(integer),
    new Option("--label-smoothing <e>", "target mass spread over all classes, in [0, 1]").argParser(decimal),
    new Option("--logit-scale <s>", "multiplies the logits (1 / temperature)").argParser(decimal),
    new Option("--softcap <c>", "logits become c · tanh(logits / c)").argParser(decimal),
    new Option("--z-loss <l>", "adds l · (log Σ exp logits)² to each row").argParser(decimal),
    new Option("--normalizer <n>", "divides the sum, instead of the mean's own divisor").argParser(decimal),
    new Option("--on-empty <how>", "a mean over no row (default: nan)").choices(["nan", "zero", "throw"]),
    new Option("--compat <with>", "PyTorch's answers in every corner").choices(["torch"]),
  ];
}

function names(): string[] {
  return BACKENDS.map(({ name }) => name);
}
