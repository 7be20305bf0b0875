import type { Evaluation } from "../report/evaluation.ts";
import { htmlReport } from "../report/html/page.ts";
import { shapeText } from "../report/numbers.ts";
import { writeWhole } from "../write-whole.ts";
import type { EvalReport } from "./report.ts";

/**
 * Writes the page of `--report`.
 * @throws CliError with exit code 3 if the file cannot be written
 */
export async function writePage(file: string, report: EvalReport, evaluation: Evaluation): Promise<void> {
  const { logits, targets, backend } = report;
  const settings = [
    ["logits", `${shapeText(logits.shape)} ${logits.dtype}`],
    ["targets", `${targets.file}, ${shapeText(targets.shape)} ${targets.dtype}, ${targets.kind}`],
    ["backend", backend.name],
  ] as const;
  await writeWhole(file, htmlReport(evaluation, { title: logits.file, settings }));
}
