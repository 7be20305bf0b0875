import type { ConfusionResult } from "../../metrics/metrics.ts";
import type { RowRecord } from "../../metrics/worst-rows.ts";
import type { Evaluation } from "../evaluation.ts";
import { percent, worstClasses } from "../evaluation-text.ts";
import { causeText, zeroDivisorText } from "../non-finite-text.ts";
import { count, significant } from "../numbers.ts";
import { classBars, lossHistogram, reliabilityDiagram } from "./charts.ts";
import { type Child, dataTable, element, Markup } from "./markup.ts";
import { STYLE } from "./style.ts";

/** Nothing is loaded and nothing runs, whatever a report holds. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";
const SHOWN_CLASSES = 20;

/** What a page says besides the results. */
export interface PageFacts {
  /** E.g. the file of logits. */
  readonly title: string;
  /** Settings, by name. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** The results of an evaluation as one page that needs no other file, no network and no script. */
export function htmlReport(evaluation: Evaluation, { title, settings }: PageFacts): string {
  const head = element(
    "head",
    {},
    new Markup('<meta charset="utf-8">'),
    new Markup(`<meta http-equiv="Content-Security-Policy" content="${POLICY}">`),
    new Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
    new Markup('<meta name="color-scheme" content="light dark">'),
    element("title", {}, `${title} · Surprisal`),
    new Markup(`<style>${STYLE}</style>`),
  );
  const body = element("body", {}, header(evaluation, title), main(evaluation, settings));
  return `<!doctype html>\n${element("html", { lang: "en" }, head, body).text}\n`;
}

function header({ rows, keptRows }: Evaluation, title: string): Markup {
  const kept = rows === keptRows ? "" : `, of which ${count(keptRows)} count`;
  return element(
    "header",
    {},
    element("p", { class: "overline" }, "Surprisal · evaluation"),
    element("h1", {}, title),
    element("p", { class: "soft" }, `${count(rows)} rows${kept}`),
  );
}

function main(evaluation: Evaluation, settings: PageFacts["settings"]): Markup {
  const { calibration, losses, classes, confusions, worstRows } = evaluation;
  const worst = worstClasses(classes ?? [], SHOWN_CLASSES);
  return element(
    "main",
    {},
    tiles(evaluation),
    element(
      "div",
      { class: "charts" },
      figure(
        "Reliability",
        "Accuracy of predictions by their confidence. On the dashed line confidence is right; the gap is shaded.",
        reliabilityDiagram(calibration),
      ),
      figure(
        "Losses",
        `How many rows have which loss, in nats, on a logarithmic scale. ${quantileText(evaluation)}`,
        lossHistogram(losses.bins),
      ),
      ...(worst.length > 0 ? [figure("Worst classes", "Mean loss in nats · accuracy.", classBars(worst))] : []),
      ...(confusions !== undefined && confusions.classes.length > 1 ? [confusionFigure(confusions)] : []),
    ),
    ...nonFiniteSection(evaluation),
    section("Worst rows", worstRows.length === 0 ? element("p", { class: "soft" }, "None.") : rowTable(worstRows)),
    section("Settings", element("div", { class: "settings" }, dataTable(["setting", "value"], settings))),
  );
}

function tiles(evaluation: Evaluation): Markup {
  const { loss, lossMean, lossBits, reduction, lossStandardError, perplexity, accuracy, correct, ranks, calibration } =
    evaluation;
  const { nonFinite, bitsPerByte } = evaluation;
  const error =
    reduction === "mean" && loss === lossMean && Number.isFinite(lossStandardError)
      ? ` ± ${significant(lossStandardError, 2)}`
      : "";
  const topK = ranks.topK.filter(({ k }) => k > 1).map((each) => `top-${each.k} ${percent(each.accuracy)}`);
  const broken = nonFinite.nan + nonFinite.positive + nonFinite.negative;
  const noMean = Number.isFinite(loss) ? undefined : zeroDivisorText(evaluation);
  return element(
    "dl",
    { class: "tiles" },
    tile(
      `Loss, ${reduction}`,
      significant(loss),
      noMean ?? `${error.trim()} nats = ${significant(lossBits)} bits`.trim(),
    ),
    tile("Perplexity", significant(perplexity), "exp of the mean loss"),
    tile("Accuracy", percent(accuracy), [`${count(correct)} right`, ...topK].join(" · ")),
    tile(
      "Calibration error",
      percent(calibration.expectedError),
      `expected; at most ${percent(calibration.maximumError)}`,
    ),
    ...(bitsPerByte === undefined ? [] : [tile("Bits per byte", significant(bitsPerByte), "of the text")]),
    ...(broken === 0 ? [] : [tile("Not finite", count(broken), `the first in row ${nonFinite.rows[0]?.row ?? "–"}`)]),
  );
}

function tile(name: string, value: string, note: string): Markup {
  return element(
    "div",
    {},
    element("dt", {}, name),
    element("dd", {}, element("b", {}, value), element("span", { class: "soft" }, note)),
  );
}

function quantileText({ losses }: Evaluation): string {
  const of = (share: number): string =>
    significant(losses.quantiles.find((each) => each.share === share)?.loss ?? NaN, 3);
  return `Median ${of(0.5)}; 95 % are at most ${of(0.95)}, 99 % at most ${of(0.99)}.`;
}

function confusionFigure({ classes, counts }: ConfusionResult): Markup {
  const lines = classes.map((target, i) => {
    const line = counts[i] ?? [];
    const most = Math.max(1, ...line.filter((_, j) => j !== i));
    const cells = line.map((times, j) => {
      const share = i === j ? 0 : Math.round((times / most) * 5);
      return element("td", { class: i === j ? "right" : `heat${share}` }, times === 0 ? "·" : count(times));
    });
    return element("tr", {}, element("th", { scope: "row" }, target), ...cells);
  });
  const head = classes.map((each) => element("th", { scope: "col" }, each));
  const corner = element("td", { class: "soft" }, "is \\ taken for");
  const table = element("table", { class: "confusion" }, element("tr", {}, corner, ...head), ...lines);
  const about = "The classes with the most mistakes, among themselves: rows of a class by what they were taken for.";
  return figure("Confusion", about, element("div", { class: "scroll" }, table));
}

function rowTable(rows: readonly RowRecord[]): Markup {
  const lines = rows.map((each): Child[] => [
    each.row,
    significant(each.loss, 5),
    each.target < 0 ? "–" : each.target,
    each.prediction < 0 ? "–" : each.prediction,
    significant(each.targetProbability, 3),
    significant(each.maxProbability, 3),
    each.rank === 0 ? "–" : each.rank,
  ]);
  return dataTable(["row", "loss", "target", "predicted", "p(target)", "p(predicted)", "rank of the target"], lines);
}

/** Which losses are not finite, and why. */
function nonFiniteSection({ nonFinite: { rows, causes } }: Evaluation): Markup[] {
  if (rows.length === 0) return [];
  const lines = rows.map((each): Child[] => [
    each.row,
    significant(each.loss),
    each.target < 0 ? "–" : each.target,
    causeText(each),
  ]);
  const counts = causes.map((each): Child[] => [causeText(each), count(each.count)]);
  return [
    section("Losses that are not finite, by cause", dataTable(["because", "rows"], counts)),
    section("The first rows of them", dataTable(["row", "loss", "target", "because"], lines)),
  ];
}

function figure(title: string, about: string, content: Markup): Markup {
  return element(
    "figure",
    {},
    element("figcaption", {}, element("h2", {}, title), element("p", { class: "soft" }, about)),
    content,
  );
}

function section(title: string, content: Markup): Markup {
  return element("section", {}, element("h2", {}, title), content);
}
