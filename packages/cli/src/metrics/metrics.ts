import { Calibration, type CalibrationResult } from "./calibration.ts";
import { type ClassResult, Classes } from "./classes.ts";
import { type Confusion, Confusions } from "./confusions.ts";
import { type HistogramBin, LogHistogram } from "./log-histogram.ts";
import { type NonFiniteResult, NonFiniteRows } from "./non-finite.ts";
import { Ranks, type RanksResult } from "./ranks.ts";
import type { RowBlock } from "./row-block.ts";
import { MAX_CONFUSION_CLASSES, MAX_TABLE_CLASSES, type MetricSettings } from "./settings.ts";
import { mergeTally, type Tally } from "./tally.ts";
import { Totals, type TotalsResult } from "./totals.ts";
import { type RowRecord, WorstRows } from "./worst-rows.ts";

/** Bins of the loss for each power of two: a quantile is within 1.6 % of itself. */
const LOSS_BITS = 5;
const WORST_CONFUSIONS = 20;
const MATRIX_CLASSES = 12;

/** The kept rows' losses by size, in nats. */
export interface LossDistribution {
  /** Each within `relativeError` of itself. */
  readonly quantiles: readonly { readonly share: number; readonly loss: number }[];
  readonly relativeError: number;
  readonly bins: readonly HistogramBin[];
}

/** What is confused with what. */
export interface ConfusionResult {
  readonly worst: readonly Confusion[];
  /** The classes with the most mistakes, and the counts among them: `counts[target][prediction]`. */
  readonly classes: readonly number[];
  readonly counts: readonly (readonly number[])[];
}

/** Everything an evaluation found, as plain data. */
export interface MetricsResult extends TotalsResult {
  readonly nonFinite: NonFiniteResult & TotalsResult["nonFinite"];
  readonly ranks: RanksResult;
  readonly calibration: CalibrationResult;
  readonly losses: LossDistribution;
  readonly worstRows: readonly RowRecord[];
  /** Only for class indices of at most 2^18 classes. */
  readonly classes: readonly ClassResult[] | undefined;
  /** Only for class indices of at most 1024 classes. */
  readonly confusions: ConfusionResult | undefined;
}

const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/**
 * All metrics of an evaluation, in one pass over its rows. Rows may come in any order and any grouping, and what other
 * instances have seen can be merged: the result is the same to the last bit.
 *
 * @example
 * ```ts
 * const metrics = new Metrics({ classes: 1000, indices: true, ...DEFAULT_METRICS });
 * for await (const block of blocks) metrics.add(block);
 * console.log(metrics.result().lossMean);
 * ```
 */
export class Metrics {
  readonly settings: MetricSettings;
  /** What is counted and summed, by name. */
  readonly tallies: Readonly<Record<string, Tally>>;
  readonly worstRows: WorstRows;
  readonly nonFinite: NonFiniteRows = new NonFiniteRows();
  readonly #totals = new Totals();
  readonly #ranks: Ranks;
  readonly #calibration: Calibration;
  readonly #losses = new LogHistogram(LOSS_BITS);
  readonly #classes: Classes | undefined;
  readonly #confusions: Confusions | undefined;

  constructor(settings: MetricSettings) {
    this.settings = settings;
    const { classes, indices, topK, calibrationBins, worstRows } = settings;
    this.#ranks = new Ranks(topK);
    this.#calibration = new Calibration(calibrationBins);
    this.#classes = indices && classes <= MAX_TABLE_CLASSES ? new Classes(classes) : undefined;
    this.#confusions = indices && classes <= MAX_CONFUSION_CLASSES ? new Confusions(classes) : undefined;
    this.worstRows = new WorstRows(worstRows);
    this.tallies = {
      totals: this.#totals,
      ranks: this.#ranks,
      calibration: this.#calibration,
      losses: this.#losses,
      nonFinite: this.nonFinite,
      ...(this.#classes && { classes: this.#classes }),
      ...(this.#confusions && { confusions: this.#confusions }),
    };
  }

  /** Takes in rows that were not seen before. */
  add(block: RowBlock): void {
    this.#totals.add(block);
    this.#ranks.add(block);
    this.#calibration.add(block);
    this.#classes?.add(block);
    this.#confusions?.add(block);
    this.worstRows.add(block);
    this.nonFinite.add(block);
    for (let i = 0; i < block.rows; i++) if (block.kept[i] !== 0) this.#losses.add(block.loss[i] as number);
  }

  /** Takes in what another instance of the same settings has seen. */
  merge(other: Metrics): void {
    for (const [name, tally] of Object.entries(this.tallies)) {
      const others = other.tallies[name];
      if (others !== undefined) mergeTally(tally, others);
    }
    this.worstRows.merge(other.worstRows);
    this.nonFinite.mergeRows(other.nonFinite);
  }

  result(): MetricsResult {
    const classes = this.#classes?.result();
    const totals = this.#totals.result();
    return {
      ...totals,
      nonFinite: { ...totals.nonFinite, ...this.nonFinite.result() },
      ranks: this.#ranks.result(),
      calibration: this.#calibration.result(),
      losses: {
        quantiles: QUANTILES.map((share) => ({ share, loss: this.#losses.quantile(share) })),
        relativeError: this.#losses.relativeError,
        bins: this.#losses.bins(),
      },
      worstRows: this.worstRows.rows,
      classes,
      confusions: this.#confusionResult(classes ?? []),
    };
  }

  #confusionResult(classes: readonly ClassResult[]): ConfusionResult | undefined {
    if (this.#confusions === undefined) return undefined;
    const mostMistakes = classes
      .filter(({ count, correct }) => count > correct)
      .toSorted((a, b) => b.count - b.correct - (a.count - a.correct) || a.class - b.class)
      .slice(0, MATRIX_CLASSES)
      .map((each) => each.class);
    return {
      worst: this.#confusions.worst(WORST_CONFUSIONS),
      classes: mostMistakes,
      counts: this.#confusions.among(mostMistakes),
    };
  }
}
