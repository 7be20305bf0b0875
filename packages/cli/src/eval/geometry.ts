import type { DType } from "@surprisal/core";
import { CliError, EXIT } from "../exit.ts";
import { type ArrayReader, type ReaderShape, shapeOf } from "../readers/array-reader.ts";
import { FormatError } from "../readers/format-error.ts";

/** What targets are. */
export type TargetKind = "indices" | "one-hot" | "probabilities" | "binary";

/**
 * Logits as rows: element (n, c, k) lies at (n · classes + c) · inner + k, and row n · inner + k is position (n, k). Binary
 * losses have a row for each element.
 */
export interface Geometry {
  readonly kind: TargetKind;
  /** Not known before the end where the file does not say it. */
  readonly outer: number | undefined;
  readonly classes: number;
  readonly inner: number;
  readonly classDim: number | undefined;
}

/**
 * How logits and targets go together. Only shapes tell, as in PyTorch, and for targets of the logits' shape the dtype:
 * integers are one-hot labels.
 * @throws FormatError for files that do not; CliError for a `--class-dim` that the logits do not have
 */
export function geometryOf(logits: ArrayReader, targets: ArrayReader, wantedDim: number | undefined): Geometry {
  const { shape, name } = logits;
  checkLogits(logits);
  if (shape.length === 0) throw new FormatError(name, "logits must be [C], [N, C] or [N, C, d1 … dK]; got a scalar");
  const classDim = resolveClassDim(wantedDim, logits);
  const classes = shape[classDim];
  if (classes === undefined) {
    const message = `logits must have an axis of classes, [N, C]; got ${shapeOf(shape)}, one number in a row (--binary takes these)`;
    throw new FormatError(name, message);
  }
  const kind = targetKind(logits, targets, classDim);
  const product = (sizes: readonly (number | undefined)[]): number | undefined =>
    sizes.reduce<number | undefined>(
      (all, size) => (all === undefined || size === undefined ? undefined : all * size),
      1,
    );
  if (classes === 0) throw new FormatError(name, `logits must have at least one class; got ${shapeOf(shape)}`);
  const inner = product(shape.slice(classDim + 1)) ?? 0;
  return { kind, outer: product(shape.slice(0, classDim)), classes, inner, classDim };
}

/** The same for binary losses: targets have the logits' shape. @throws FormatError */
export function binaryGeometryOf(logits: ArrayReader, targets: ArrayReader): Geometry {
  checkLogits(logits);
  if (!sameShape(logits.shape, targets.shape)) {
    const required = `targets must be ${shapeOf(logits.shape)}, as the logits (--binary)`;
    throw new FormatError(targets.name, `${required}; got ${shapeOf(targets.shape)}`);
  }
  const outer = logits.shape.reduce<number | undefined>(
    (all, size) => (all === undefined || size === undefined ? undefined : all * size),
    1,
  );
  return { kind: "binary", outer, classes: 1, inner: 1, classDim: undefined };
}

function checkLogits({ dtype, name }: ArrayReader): void {
  if (dtype === "bool") throw new FormatError(name, "logits must be numbers; got bool");
}

function resolveClassDim(wanted: number | undefined, { shape, name }: ArrayReader): number {
  const rank = shape.length;
  const dim = wanted ?? (rank === 1 ? 0 : 1);
  if (dim >= -rank && dim < rank) return dim < 0 ? dim + rank : dim;
  const message = `--class-dim must be in [${-rank}, ${rank - 1}] for logits ${shapeOf(shape)} (${name}); got ${dim}`;
  throw new CliError(EXIT.usage, message);
}

function targetKind(logits: ArrayReader, targets: ArrayReader, classDim: number): TargetKind {
  const { name, dtype, text, shape } = targets;
  const rowShape = logits.shape.toSpliced(classDim, 1) as unknown as ReaderShape;
  if (sameShape(shape, logits.shape)) return isFloat(dtype) ? "probabilities" : "one-hot";
  if (!sameShape(shape, rowShape)) {
    const required = `targets must be ${shapeOf(rowShape)} (class indices) or ${shapeOf(logits.shape)} (probabilities)`;
    const forLogits = `for logits ${shapeOf(logits.shape)} with class dim ${classDim}`;
    throw new FormatError(name, `${required} ${forLogits}; got ${shapeOf(shape)}`);
  }
  if (dtype === "bool") {
    throw new FormatError(name, "targets must be integers or probabilities; got bool (save them as uint8)");
  }
  if (isFloat(dtype) && !text) {
    throw new FormatError(name, `class indices ${shapeOf(shape)} must be integers; got ${dtype}`);
  }
  return "indices";
}

/** Sizes that are not known may be anything, and are compared when they are. */
export function sameShape(a: ReaderShape, b: ReaderShape): boolean {
  return a.length === b.length && a.every((size, dim) => size === undefined || b[dim] === undefined || size === b[dim]);
}

/** Whether a dtype is a floating one. */
export function isFloat(dtype: DType): boolean {
  return ["f16", "bf16", "f32", "f64"].includes(dtype);
}
