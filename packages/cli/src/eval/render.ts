import type { Style } from "../report/style.ts";
import { count, fixed, milliseconds, shapeText, significant } from "../report/numbers.ts";
import { table } from "../report/table.ts";
import type { EvalReport } from "./report.ts";

const SHOWN_LOSSES = 10;

const KINDS = {
  indices: "class indices",
  "one-hot": "one-hot",
  probabilities: "probabilities",
  binary: "binary",
} as const satisfies Record<EvalReport["targets"]["kind"], string>;

/** The report for people. */
export function renderEval(report: EvalReport, style: Style): string {
  const { logits, targets, backend } = report;
  const rows: [string, string][] = [
    ["logits", `${shapeText(logits.shape)} ${logits.dtype}  ${style.dim(logitsText(report))}`],
    [
      "targets",
      `${shapeText(targets.shape)} ${targets.dtype}  ${style.dim(`${targets.file}, ${KINDS[targets.kind]}`)}`,
    ],
    ["rows", `${count(report.rows)}  ${style.dim(keptText(report))}`],
    ["loss", lossText(report, style)],
    ["perplexity", style.strong(significant(report.perplexity))],
    ["accuracy", accuracyText(report, style)],
    ["backend", `${backend.name}  ${style.dim(`${milliseconds(report.milliseconds.loss)} ms for the loss`)}`],
  ];
  return table(rows.map(([label, value]) => [style.dim(label), value]));
}

function logitsText({ logits: { file, classDim, probabilities } }: EvalReport): string {
  const dim = classDim === undefined ? "" : `, class dim ${classDim}`;
  return `${file}${dim}${probabilities ? ", probabilities" : ""}`;
}

function keptText({ rows, keptRows }: EvalReport): string {
  if (keptRows === rows) return "all kept";
  return `${count(keptRows)} kept, ${count(rows - keptRows)} left out`;
}

function lossText({ loss, lossBits, reduction }: EvalReport, style: Style): string {
  if (typeof loss !== "number" || typeof lossBits !== "number") return lossList(loss as readonly number[], style);
  const nats = `${style.strong(significant(loss))} nats = ${style.strong(significant(lossBits))} bits`;
  return `${nats}  ${style.dim(reduction)}`;
}

function lossList(losses: readonly number[], style: Style): string {
  const shown = losses.slice(0, SHOWN_LOSSES).map((loss) => significant(loss));
  const more = losses.length > SHOWN_LOSSES ? ` … ${count(losses.length - SHOWN_LOSSES)} more (--json gives all)` : "";
  return `${style.strong(shown.join(" "))} nats${style.dim(more)}`;
}

function accuracyText({ accuracy, correct, keptRows }: EvalReport, style: Style): string {
  const percent = Number.isFinite(accuracy) ? `${fixed(accuracy * 100, 2)} %` : String(accuracy);
  return `${style.strong(percent)}  ${style.dim(`${count(correct)} of ${count(keptRows)}`)}`;
}
