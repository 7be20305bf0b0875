import { isSurprisalError, type SurprisalError } from "@surprisal/core";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type EvalFiles, flagOf } from "./options.ts";

/** An error of the library in the words of the command line, with the files that it is about; any other as it is. */
export function explain(error: unknown, files: EvalFiles): unknown {
  if (!isSurprisalError(error)) return error;
  const exitCode = exitCodeOf(error);
  if (exitCode === EXIT.internal) return error;
  return new CliError(exitCode, `${inFlags(error)} (${namesOf(files)})`, { cause: error });
}

/** `crossEntropy: labelSmoothing must be …` becomes `--label-smoothing must be …`. */
function inFlags({ message, details }: SurprisalError): string {
  const said = message.replace(/^\w+: /, "");
  const { option } = details;
  if (typeof option !== "string") return said;
  return said.replace(option, `--${flagOf(option)}`);
}

function namesOf({ logits, targets, weight, rowWeight }: EvalFiles): string {
  const more = [
    weight === undefined ? [] : [`weight ${weight}`],
    rowWeight === undefined ? [] : [`row weight ${rowWeight}`],
  ];
  return [`logits ${logits}`, `targets ${targets ?? logits}`, ...more.flat()].join(", ");
}

function exitCodeOf({ code }: SurprisalError): ExitCode {
  switch (code) {
    case "option-unknown":
    case "not-viewable":
    case "backend-mismatch":
    case "disposed":
      return EXIT.internal; // only a mistake in this program can cause these
    case "option-value":
    case "argument":
    case "dim":
      return EXIT.usage;
    case "backend-refused":
    case "backend-unavailable":
    case "backend-lost":
    case "memory":
      return EXIT.backendUnavailable;
    case "shape":
    case "rank":
    case "target-shape":
    case "weight-shape":
    case "data-length":
    case "dtype":
    case "target-dtype":
    case "weight-dtype":
    case "target-range":
    case "value-range":
    case "empty-mean":
      return EXIT.badInput;
    default:
      return code satisfies never;
  }
}
