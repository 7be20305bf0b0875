import type { Elements } from "../readers/array-reader.ts";
import { FormatError } from "../readers/format-error.ts";

/** A row that is left out has this label, whatever it was. */
export const LEFT_OUT = -100;

/** What labels have to be, and where they are from. */
export interface LabelRules {
  /** For messages. */
  readonly name: string;
  readonly firstRow: number;
  readonly classes: number;
  /** Rows of this label are left out. */
  readonly ignoreIndex: number;
  /** Rows of weight 0 are left out, and may have any label. */
  readonly rowWeight: Float64Array | undefined;
}

/**
 * Class indices as i32, `LEFT_OUT` in rows that do not count.
 * @throws FormatError for the first that is no class
 */
export function checkedLabels(labels: Elements, rules: LabelRules): Int32Array {
  const { classes, ignoreIndex, rowWeight } = rules;
  const checked = new Int32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const label = Number(labels[i]);
    if (label === ignoreIndex || rowWeight?.[i] === 0) checked[i] = LEFT_OUT;
    else if (label >= 0 && label < classes && Number.isInteger(label)) checked[i] = label;
    else throw wrongLabel(rules, i, labels[i]);
  }
  return checked;
}

function wrongLabel({ name, firstRow, classes, ignoreIndex }: LabelRules, i: number, label: unknown): FormatError {
  const required = `an integer in [0, ${classes}), or ${ignoreIndex} for a row to leave out`;
  return new FormatError(name, `row ${firstRow + i} (from 0): class index must be ${required}; got ${String(label)}`);
}

/**
 * The class of each one-hot row.
 * @param inner how far apart the classes of a row lie
 * @throws FormatError for the first row that has not one 1 and else zeros
 */
export function labelsOfOneHot(oneHot: Elements, inner: number, rules: LabelRules): Int32Array {
  const { classes, rowWeight } = rules;
  const rows = oneHot.length / classes;
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = Math.floor(row / inner) * classes * inner + (row % inner);
    let label = -1;
    let wrong: string | undefined;
    for (let c = 0; c < classes; c++) {
      const value = Number(oneHot[start + c * inner]);
      if (value === 0) continue;
      if (value !== 1 || label >= 0) wrong = value === 1 ? "several" : String(value);
      label = c;
    }
    if (rowWeight?.[row] === 0) labels[row] = LEFT_OUT;
    else if (label < 0 || wrong !== undefined) {
      const required = "integer targets of the logits' shape must be one-hot, one 1 and else 0";
      throw new FormatError(rules.name, `row ${rules.firstRow + row} (from 0): ${required}; got ${wrong ?? "none"}`);
    } else labels[row] = label;
  }
  return labels;
}
