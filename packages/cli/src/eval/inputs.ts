import type { Backend, DType, Tensor } from "@surprisal/core";
import { CliError, EXIT } from "../exit.ts";
import { FormatError } from "../readers/format-error.ts";
import { readNpy } from "../readers/npy.ts";
import { shapeText } from "../report/numbers.ts";
import { npyTensor } from "./npy-tensor.ts";
import type { EvalFiles } from "./options.ts";

/** What an evaluation computes with: the class axis of logits and probabilities is where core wants it. */
export interface EvalInputs<B extends Backend = Backend> {
  readonly logits: Tensor<DType, B>;
  readonly targets: Tensor<DType, B>;
  readonly weight: Tensor<DType, B> | undefined;
  readonly rowWeight: Tensor<DType, B> | undefined;
  /** The shapes in the files. */
  readonly shapes: { readonly logits: readonly number[]; readonly targets: readonly number[] };
  readonly classDim: number;
  readonly probabilities: boolean;
}

/**
 * Reads the files of an evaluation onto a backend.
 * @throws FormatError for files that do not go together; CliError for a `--class-dim` that the logits do not have
 */
export async function readInputs<B extends Backend>(
  files: EvalFiles,
  wantedDim: number | undefined,
  backend: B,
): Promise<EvalInputs<B>> {
  const read = async (file: string): Promise<Tensor<DType, B>> => npyTensor(await readNpy(file), backend);
  const logits = await read(files.logits);
  checkLogits(logits, files.logits);
  const classDim = resolveClassDim(wantedDim, logits.shape, files.logits);
  const targets = await read(files.targets);
  const probabilities = checkTargets(targets, logits, classDim, files);
  const weight = files.weight === undefined ? undefined : await read(files.weight);
  return {
    logits: toClassDim(logits, classDim),
    targets: probabilities ? toClassDim(targets, classDim) : targets,
    weight: weight?.cast(logits.dtype), // NumPy's default is float64, whatever the logits are
    rowWeight: files.rowWeight === undefined ? undefined : await read(files.rowWeight),
    shapes: { logits: logits.shape, targets: targets.shape },
    classDim,
    probabilities,
  };
}

function checkLogits({ rank, dtype }: Tensor, file: string): void {
  if (!isFloating(dtype)) throw new FormatError(file, `logits must be floating (f2, f4 or f8); got ${dtype}`, "descr");
  if (rank === 0) {
    throw new FormatError(file, "logits must be [C], [N, C] or [N, C, d1 … dK]; got a scalar", "shape");
  }
}

function isFloating(dtype: DType): boolean {
  return ["f16", "f32", "f64"].includes(dtype);
}

function resolveClassDim(wanted: number | undefined, shape: readonly number[], file: string): number {
  const rank = shape.length;
  const dim = wanted ?? (rank === 1 ? 0 : 1);
  if (dim >= -rank && dim < rank) return dim < 0 ? dim + rank : dim;
  const message = `--class-dim must be in [${-rank}, ${rank - 1}] for logits ${shapeText(shape)} (${file}); got ${dim}`;
  throw new CliError(EXIT.usage, message);
}

/** Whether targets are probabilities. Only the shape tells, as in PyTorch. */
function checkTargets(targets: Tensor, logits: Tensor, classDim: number, files: EvalFiles): boolean {
  const classes = shapeText(logits.shape.toSpliced(classDim, 1));
  const shape = shapeText(targets.shape);
  if (targets.dtype === "bool") {
    throw new FormatError(
      files.targets,
      "targets must be integers or probabilities; got bool (save them as uint8)",
      "descr",
    );
  }
  const probabilities = shape === shapeText(logits.shape);
  if (!probabilities && shape !== classes) {
    const required = `targets must be ${classes} (class indices) or ${shapeText(logits.shape)} (probabilities)`;
    const forLogits = `for logits ${shapeText(logits.shape)} with class dim ${classDim}`;
    throw new FormatError(files.targets, `${required} ${forLogits}; got ${shape}`, "shape");
  }
  if (probabilities !== isFloating(targets.dtype)) {
    const required = probabilities
      ? `probabilities ${shape} must be floating`
      : `class indices ${shape} must be integers`;
    throw new FormatError(files.targets, `${required}; got ${targets.dtype}`, "descr");
  }
  return probabilities;
}

/** A view with the class axis second, or first where it is the only one. */
function toClassDim<B extends Backend>(array: Tensor<DType, B>, classDim: number): Tensor<DType, B> {
  const [first, ...rest] = array.shape.map((_, dim) => dim).filter((dim) => dim !== classDim);
  return first === undefined ? array : array.permute(first, classDim, ...rest);
}
