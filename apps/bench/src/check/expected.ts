/** What an output should be. */
export interface Expected {
  /** Elements that the output has. */
  readonly length: number;
  readonly values: Float32Array | Float64Array;
  /** Which element each value is; without it, values are all elements in their order. */
  readonly at?: Int32Array;
  /** What errors are relative to: the largest magnitude among the values, which for a loss is the loss. */
  readonly scale: number;
}

/** The outputs of a pass with gradient, by name; a forward pass has the first of them. */
export type Reference = Readonly<Record<string, Expected>>;

/** All elements of an output. */
export function expected(values: Float32Array | Float64Array): Expected {
  return { length: values.length, values, scale: largest(values) };
}

/** The largest magnitude. */
export function largest(values: Float32Array | Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most;
}
