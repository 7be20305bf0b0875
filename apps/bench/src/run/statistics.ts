/** A list of measurements in short. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Median, smallest and largest; the median of an even count is the mean of the two in the middle.
 * @throws RangeError for an empty list
 */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined || min === undefined || max === undefined) {
    throw new RangeError("summarize: at least one value required; got none");
  }
  return { median: (low + high) / 2, min, max };
}
