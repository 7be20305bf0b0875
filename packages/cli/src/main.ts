import { Command } from "commander";
import { addBench } from "./commands/bench.ts";
import { addCompare } from "./commands/compare.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEval } from "./commands/eval.ts";
import { addMerge } from "./commands/merge.ts";
import { CliError, EXIT, exitCodeOf, renderError } from "./exit.ts";
import type { Io } from "./io.ts";
import { styleFor } from "./report/style.ts";
import { version } from "./version.ts";

/**
 * The command line as a function: runs `argv` (without node and script) against two streams.
 *
 * @returns the exit code; nothing here ends the process
 * @example
 * ```ts
 * const code = await main(["eval", "logits.npy", "targets.npy", "--json"], process);
 * ```
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const command = program(io);
    await addCompletion(command, argv);
    if (argv.length === 0) {
      command.outputHelp({ error: true });
      throw new CliError(EXIT.usage, "a command is required");
    }
    await command.parseAsync([...argv], { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (!isCommanders(error)) fail(io, renderError(error));
    return exitCodeOf(error);
  }
}

function program(io: Io): Command {
  const command = new Command("surprisal")
    .description("Cross entropy with PyTorch's semantics, computed in JavaScript.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text) =>
        fail(
          io,
          text
            .replace(/^error: /, "")
            .trim()
            .replaceAll("\n", " "),
        ),
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
      getOutHasColors: () => true, // styleText has asked the stream already
      getErrHasColors: () => true,
    })
    .configureHelp({ styleTitle: (title) => styleFor(io.stdout).strong(title) });
  addDemo(command, io);
  addEval(command, io);
  addCompare(command, io);
  addDoctor(command, io);
  addBench(command, io);
  addMerge(command, io);
  return command;
}

function fail(io: Io, message: string): void {
  io.stderr.write(`${styleFor(io.stderr).bad("surprisal:")} ${message}\n`);
}

/** Commander has printed its own errors, the help and the version by the time it throws. */
function isCommanders(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}
