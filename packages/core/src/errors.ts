/** Stable, documented in docs/errors.md; messages may change, codes do not. */
export type ErrorCode =
  | "shape"
  | "rank"
  | "dim"
  | "target-shape"
  | "weight-shape"
  | "data-length"
  | "not-viewable"
  | "dtype"
  | "target-dtype"
  | "weight-dtype"
  | "argument"
  | "option-unknown"
  | "option-value"
  | "target-range"
  | "value-range"
  | "empty-mean"
  | "backend-mismatch"
  | "backend-refused"
  | "backend-unavailable"
  | "backend-lost"
  | "memory"
  | "disposed";

const BRAND = Symbol.for("surprisal.error");

/**
 * What every error of this library is: a stable `code`, a message that says what was required, what came and where,
 * and the same facts as data in `details`.
 */
export class SurprisalError extends Error {
  override readonly name: string = "SurprisalError";
  /** Which mistake it is; stable. */
  readonly code: ErrorCode;
  /** What was required and what came, as data. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** A shape, a rank or a length that does not fit. Codes: `shape`, `rank`, `target-shape`, `weight-shape`, `data-length`, `not-viewable`. */
export class ShapeError extends SurprisalError {
  override readonly name = "ShapeError";
}

/** An element type that the operation does not take. Codes: `dtype`, `target-dtype`, `weight-dtype`. */
export class DTypeError extends SurprisalError {
  override readonly name = "DTypeError";
}

/** An argument or option that is unknown or out of its range. Codes: `argument`, `dim`, `option-unknown`, `option-value`. */
export class OptionError extends SurprisalError {
  override readonly name = "OptionError";
}

/** Data that the operation has no answer for. Codes: `target-range`, `value-range`, `empty-mean`. */
export class DataError extends SurprisalError {
  override readonly name = "DataError";
}

/** A backend that cannot be had, cannot run this plan, is out of memory, or has broken down. Codes: `backend-…`, `memory`. */
export class BackendError extends SurprisalError {
  override readonly name = "BackendError";
}

/** Use of a tensor or a backend after its `dispose()`. Code: `disposed`. */
export class DisposedError extends SurprisalError {
  override readonly name = "DisposedError";
}

/**
 * Whether `error` comes from this library, also when two copies of it are loaded (a registered symbol, not `instanceof`).
 *
 * @example
 * ```ts
 * import { crossEntropy, isSurprisalError, tensor } from "@surprisal/core";
 * try {
 *   crossEntropy(tensor([[1, 2]]), tensor([7], [1], { dtype: "i64" }));
 * } catch (error) {
 *   if (isSurprisalError(error)) console.log(error.code); // target-range
 * }
 * ```
 */
export function isSurprisalError(error: unknown): error is SurprisalError {
  return typeof error === "object" && error !== null && BRAND in error;
}
