import type { Evaluation } from "../report/evaluation.ts";
import type { Style } from "../report/style.ts";
import { evaluationDetails, evaluationLines, type Line, nonFiniteDetails } from "../report/evaluation-text.ts";
import { count, milliseconds, shapeText, significant } from "../report/numbers.ts";
import { table } from "../report/table.ts";
import type { EvalReport } from "./report.ts";

const SHOWN_LOSSES = 10;
/** Of fewer rows the worst are most of them. */
const ROWS_WITH_DETAILS = 20;

const KINDS = {
  indices: "class indices",
  "one-hot": "one-hot",
  probabilities: "probabilities",
  binary: "binary",
} as const satisfies Record<EvalReport["targets"]["kind"], string>;

/** The report for people. */
export function renderEval(report: EvalReport, evaluation: Evaluation, style: Style): string {
  const { logits, targets, backend } = report;
  const lines: Line[] = [
    ["logits", `${shapeText(logits.shape)} ${logits.dtype}  ${style.dim(logitsText(report))}`],
    [
      "targets",
      `${shapeText(targets.shape)} ${targets.dtype}  ${style.dim(`${targets.file}, ${KINDS[targets.kind]}`)}`,
    ],
    ...(typeof report.loss === "number" ? [] : [["losses", lossList(report.loss, style)] as const]),
    ...evaluationLines(evaluation, style),
    ["backend", `${backend.name}  ${style.dim(`${milliseconds(report.milliseconds.loss)} ms for the loss`)}`],
  ];
  const summary = table(lines.map(([label, value]) => [style.dim(label), value]));
  const details = report.keptRows >= ROWS_WITH_DETAILS ? evaluationDetails(evaluation, style) : "";
  return [summary, nonFiniteDetails(evaluation, style), details].filter((part) => part !== "").join("\n");
}

function logitsText({ logits: { file, classDim, probabilities } }: EvalReport): string {
  const dim = classDim === undefined ? "" : `, class dim ${classDim}`;
  return `${file}${dim}${probabilities ? ", probabilities" : ""}`;
}

function lossList(losses: readonly number[], style: Style): string {
  const shown = losses.slice(0, SHOWN_LOSSES).map((loss) => significant(loss));
  const more = losses.length > SHOWN_LOSSES ? ` … ${count(losses.length - SHOWN_LOSSES)} more (--json gives all)` : "";
  return `${style.strong(shown.join(" "))} nats${style.dim(more)}`;
}
