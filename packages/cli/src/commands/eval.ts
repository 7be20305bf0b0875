import { type Command, Option } from "commander";
import { BACKENDS } from "../backends.ts";
import type { EvalOptions } from "../eval/options.ts";
import type { Io } from "../io.ts";
import { decimal, integer } from "./arguments.ts";

const NOTES = `
Shapes, with C classes:
  logits   [C], [N, C] or [N, C, d1 … dK], of f2, f4 or f8; another class axis by --class-dim
  targets  class indices, any integer type, of the logits' shape without C;
           or probabilities, of the logits' shape

Exit codes: 0 done, 2 usage, 3 bad input, 4 backend unavailable, 130 interrupted.`;

/** Adds `surprisal eval`; the work itself is loaded when it runs. */
export function addEval(program: Command, io: Io): void {
  const command = program
    .command("eval")
    .summary("cross entropy, perplexity and accuracy of .npy files")
    .description("Cross entropy, perplexity and accuracy of logits against targets, both saved by numpy.save.")
    .argument("<logits>", ".npy file of logits")
    .argument("<targets>", ".npy file of class indices or probabilities")
    .addHelpText("after", NOTES);
  for (const option of lossOptions()) command.addOption(option);
  command
    .option(
      "--class-dim <dim>",
      "class axis of the logits file, and of a file of probabilities (default: 1; 0 for rank 1)",
      integer,
    )
    .addOption(new Option("--backend <name>", "where to compute").choices(["auto", ...names()]).default("auto"))
    .option("--json", "one line of JSON, for programs")
    .action(async (logits: string, targets: string, options: EvalOptions) => {
      const { runEval } = await import("../eval/run.ts");
      await runEval(logits, targets, options, io);
    });
}

/** The options of crossEntropy, by the same names. */
function lossOptions(): Option[] {
  return [
    new Option("--reduction <how>", "of the rows' losses").choices(["mean", "sum", "none"]).default("mean"),
    new Option("--weight <file>", ".npy file with one weight per class, [C]"),
    new Option("--row-weight <file>", ".npy file with one weight per row, in the shape of class indices; may be bool"),
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
