import type { ClassResult } from "../metrics/classes.ts";
import type { RowRecord } from "../metrics/worst-rows.ts";
import type { NonFiniteRow } from "../metrics/non-finite.ts";
import type { Evaluation } from "./evaluation.ts";
import { causeText, zeroDivisorText } from "./non-finite-text.ts";
import { count, fixed, significant } from "./numbers.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

const SHOWN = 5;

/** A line of a summary: what it is, and its value. */
export type Line = readonly [label: string, value: string];

/** The numbers of an evaluation for people, a line each. */
export function evaluationLines(evaluation: Evaluation, style: Style): Line[] {
  const { rows, keptRows, perplexity, ranks, calibration, entropyMean } = evaluation;
  const note = (text: string): string => `  ${style.dim(text)}`;
  const left = keptRows === rows ? "all kept" : `${count(keptRows)} kept, ${count(rows - keptRows)} left out`;
  const topK = ranks.topK.filter(({ k }) => k > 1).map(({ k, accuracy }) => `top-${k} ${percent(accuracy)}`);
  return [
    ["rows", `${count(rows)}${note(left)}`],
    ["loss", lossText(evaluation, style)],
    ["perplexity", `${style.strong(significant(perplexity))}${note(perplexityRange(evaluation))}`],
    ...bitsPerByteLine(evaluation, style),
    ["accuracy", `${style.strong(percent(evaluation.accuracy))}${note([correctText(evaluation), ...topK].join(", "))}`],
    [
      "rank",
      `${significant(ranks.meanRank, 4)}${note(`mean; mean reciprocal ${significant(ranks.meanReciprocalRank, 4)}`)}`,
    ],
    ["entropy", `${significant(entropyMean, 4)} nats${note("mean, of the predictions")}`],
    [
      "calibration",
      `${percent(calibration.expectedError)}${note(`expected error, over ${calibration.bins.length} bins`)}`,
    ],
    ...nonFiniteLines(evaluation, style),
  ];
}

/** Which losses are not finite, and why: some rows, then every cause. Empty where there is none. */
export function nonFiniteDetails({ nonFinite: { rows, causes } }: Evaluation, style: Style): string {
  if (rows.length === 0) return "";
  const shown = rows.slice(0, SHOWN);
  const all = causes.reduce((sum, each) => sum + each.count, 0);
  const text = nonFiniteTable(shown);
  return titled("Not finite", all > shown.length ? `${text}\n${causeTable(causes)}` : text, style);
}

/** Where the losses are: the worst rows, classes and confusions. Empty where there is nothing to tell. */
export function evaluationDetails(evaluation: Evaluation, style: Style): string {
  const { worstRows, classes = [], confusions, ranks } = evaluation;
  const parts = [
    titled("Worst rows", rowTable(worstRows.slice(0, SHOWN)), style),
    titled("Worst classes", classTable(worstClasses(classes)), style),
    titled("Most frequent confusions", confusionTable(confusions?.worst.slice(0, SHOWN) ?? []), style),
  ];
  return ranks.topK.length + worstRows.length === 0 ? "" : parts.filter((part) => part !== "").join("\n");
}

/** `97.31 %`; NaN by name. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${fixed(share * 100, 2)} %` : String(share);
}

/** The classes of the largest mean loss, the worst first. */
export function worstClasses(classes: readonly ClassResult[], limit: number = SHOWN): ClassResult[] {
  return classes
    .filter(({ count: rows }) => rows > 0)
    .toSorted((a, b) => orderOf(b.lossMean) - orderOf(a.lossMean) || a.class - b.class)
    .slice(0, limit);
}

/** NaN is worse than any number. */
function orderOf(loss: number): number {
  return Number.isNaN(loss) ? Number.MAX_VALUE : Math.min(Math.max(loss, -Number.MAX_VALUE), Number.MAX_VALUE);
}

function lossText({ loss, lossBits, reduction, lossMean, lossStandardError }: Evaluation, style: Style): string {
  const error = reduction === "mean" && loss === lossMean && Number.isFinite(lossStandardError);
  const nats = `${style.strong(significant(loss))}${error ? ` ± ${significant(lossStandardError, 2)}` : ""} nats`;
  return `${nats} = ${style.strong(significant(lossBits))} bits  ${style.dim(reduction)}`;
}

/** exp(mean ± standard error). */
function perplexityRange({ lossMean, lossStandardError, perplexity }: Evaluation): string {
  if (!Number.isFinite(lossMean + lossStandardError) || perplexity !== Math.exp(lossMean))
    return "exp of the mean loss";
  const [low, high] = [lossMean - lossStandardError, lossMean + lossStandardError].map(Math.exp);
  return `exp of the mean loss; ${significant(low ?? NaN, 5)} to ${significant(high ?? NaN, 5)} by its standard error`;
}

function bitsPerByteLine({ bitsPerByte }: Evaluation, style: Style): Line[] {
  return bitsPerByte === undefined ? [] : [["bits per byte", style.strong(significant(bitsPerByte))]];
}

function correctText({ correct, keptRows }: Evaluation): string {
  return `${count(correct)} of ${count(keptRows)}`;
}

function nonFiniteLines(evaluation: Evaluation, style: Style): Line[] {
  const { nonFinite, loss } = evaluation;
  const { nan, positive, negative, rows } = nonFinite;
  const parts = [
    ...(nan > 0 ? [`${count(nan)} NaN`] : []),
    ...(positive > 0 ? [`${count(positive)} infinite`] : []),
    ...(negative > 0 ? [`${count(negative)} −infinite`] : []),
  ];
  const [first] = rows;
  const where = first && style.dim(`first in row ${first.row}: ${causeText(first)}`);
  const mean = Number.isFinite(loss) ? undefined : zeroDivisorText(evaluation);
  return [
    ...(where === undefined ? [] : [["not finite", `${style.bad(parts.join(", "))}  ${where}`] as const]),
    ...(mean === undefined ? [] : [["no mean", style.bad(mean)] as const]),
  ];
}

function titled(title: string, text: string, style: Style): string {
  return text === "" ? "" : `${style.accent(title)}\n${text}`;
}

function rowTable(rows: readonly RowRecord[]): string {
  if (rows.length === 0) return "";
  return table(
    rows.map(({ row, target, prediction, loss, targetProbability, rank }) => [
      String(row),
      significant(loss, 5),
      target < 0 ? "–" : String(target),
      prediction < 0 ? "–" : String(prediction),
      significant(targetProbability, 3),
      rank === 0 ? "–" : count(rank),
    ]),
    { head: ["row", "loss", "target", "predicted", "p(target)", "rank"], align: RIGHT, indent: 2 },
  );
}

function nonFiniteTable(rows: readonly NonFiniteRow[]): string {
  return table(
    rows.map((each) => [
      String(each.row),
      significant(each.loss),
      each.target < 0 ? "–" : String(each.target),
      causeText(each),
    ]),
    { head: ["row", "loss", "target", "because"], align: ["right", "right", "right"], indent: 2 },
  );
}

function causeTable(causes: Evaluation["nonFinite"]["causes"]): string {
  return table(
    causes.map((each) => [count(each.count), causeText(each)]),
    { head: ["rows", "because"], align: ["right"], indent: 2 },
  );
}

function classTable(classes: readonly ClassResult[]): string {
  if (classes.length === 0) return "";
  return table(
    classes.map((each) => [
      String(each.class),
      count(each.count),
      significant(each.lossMean, 5),
      percent(each.accuracy),
      percent(each.precision),
    ]),
    { head: ["class", "rows", "mean loss", "accuracy", "precision"], align: RIGHT, indent: 2 },
  );
}

function confusionTable(confusions: readonly { target: number; prediction: number; count: number }[]): string {
  if (confusions.length === 0) return "";
  return table(
    confusions.map(({ target, prediction, count: times }) => [String(target), String(prediction), count(times)]),
    { head: ["target", "predicted", "rows"], align: RIGHT, indent: 2 },
  );
}

const RIGHT = ["right", "right", "right", "right", "right", "right"] as const;
