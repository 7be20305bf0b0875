/** What a call should have given. */
export interface Expected {
  readonly loss: number;
  readonly gradient: Float32Array | undefined;
  /** Losses that the mean is over: no element of the gradient is larger than 1 / rows. */
  readonly rows: number;
}

/** How far a result was off: the loss relative to the loss, the gradient relative to 1 / rows. */
export interface Errors {
  readonly loss: number;
  readonly gradient: number;
}

/** The largest error that a result may have, of the loss and of each element of the gradient. */
export const TOLERANCE = 1e-6;

/** A contestant's result is not the reference's, so its time means nothing. */
export class WrongResultError extends Error {
  override readonly name = "WrongResultError";
}

/**
 * The errors of a result.
 * @throws WrongResultError beyond `TOLERANCE`, NaN included
 */
export function check(where: string, loss: number, gradient: Float32Array | undefined, expected: Expected): Errors {
  const lossError = Math.abs(loss - expected.loss) / Math.abs(expected.loss);
  if (!(lossError <= TOLERANCE)) {
    throw new WrongResultError(`${where}: loss must be ${expected.loss}; got ${loss}`);
  }
  return { loss: lossError, gradient: gradientError(where, gradient, expected) };
}

function gradientError(where: string, gradient: Float32Array | undefined, expected: Expected): number {
  if (gradient?.length !== expected.gradient?.length) {
    const [should, is] = [expected.gradient?.length ?? "no", gradient?.length ?? "none"];
    throw new WrongResultError(`${where}: gradient must have ${should} elements; got ${is}`);
  }
  if (gradient === undefined || expected.gradient === undefined) return 0;
  const allowed = TOLERANCE / expected.rows;
  const wanted = expected.gradient;
  let largest = 0;
  for (let i = 0; i < gradient.length; i++) {
    const error = Math.abs((gradient[i] as number) - (wanted[i] as number));
    if (!(error <= allowed)) {
      throw new WrongResultError(`${where}: gradient element ${i} must be ${wanted[i]}; got ${gradient[i]}`);
    }
    if (error > largest) largest = error;
  }
  return largest * expected.rows;
}
