/** What is to be remembered of the rows. Shards go together only if these are the same. */
export interface MetricSettings {
  readonly classes: number;
  /** Whether targets are class indices: without, there is no table by class. */
  readonly indices: boolean;
  /** k of each top-k accuracy, ascending. */
  readonly topK: readonly number[];
  /** Bins of equal width for the calibration. */
  readonly calibrationBins: number;
  /** How many of the worst rows to keep. */
  readonly worstRows: number;
}

/** What is kept unless asked for otherwise. */
export const DEFAULT_METRICS: Omit<MetricSettings, "classes" | "indices"> = {
  topK: [1, 5],
  calibrationBins: 15,
  worstRows: 10,
};

/** Beyond so many classes there is no table by class: it takes about 100 bytes for each. */
export const MAX_TABLE_CLASSES: number = 2 ** 18;

/** Beyond so many classes confusions are not counted: they take 8 bytes for each pair of classes. */
export const MAX_CONFUSION_CLASSES = 1024;

/** Rows that an evaluation may have: so far all counts are exact. */
export const MAX_ROWS: number = 2 ** 52;
