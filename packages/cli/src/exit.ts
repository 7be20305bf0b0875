import { CommanderError } from "commander";
import { FormatError } from "./readers/format-error.ts";

/** What the process tells its caller. */
export const EXIT = {
  done: 0,
  gateFailed: 1,
  usage: 2,
  badInput: 3,
  backendUnavailable: 4,
  internal: 70,
  /** Shards are missing: come back when they are there. */
  incomplete: 75,
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error whose message is all that the user needs, and the exit code that goes with it. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The exit code of anything that was thrown; what nobody foresaw is `internal`. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof FormatError) return EXIT.badInput;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  return EXIT.internal;
}

/** One line for a user's error; for an error of ours the stack, because it is to be reported. */
export function renderError(error: unknown): string {
  if (exitCodeOf(error) !== EXIT.internal) return messageOf(error).replaceAll(/\s*\n\s*/g, " ");
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `internal error, please report it: ${stack}`;
}

/** The message of an error, or what was thrown instead of one. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
