import type { Case } from "./case.ts";
import type { Verdict } from "./judge/judge.ts";
import type { Cell, Extreme, Failure, LaneReport, Refusal, Totals } from "./report/report.ts";

/** A cell that is still counting. */
interface Counting {
  readonly operation: string;
  readonly dtype: string;
  cases: number;
  passed: number;
  failed: number;
  refused: number;
  numbers: number;
  worst?: Extreme;
  peer?: Extreme;
  histogram: number[];
}

/** How many failures are kept with their elements; all are counted. */
const KEPT = 200;

/** Adds verdicts up to a lane's report. */
export class Tally {
  readonly #lane: string;
  readonly #cells: Map<string, Counting> = new Map();
  readonly #failures: Failure[] = [];
  readonly #refusals: Map<string, { readonly operation: string; readonly reason: string; cases: number }> = new Map();

  constructor(lane: string) {
    this.#lane = lane;
  }

  /** Counts one case. */
  add({ address, operation, dtype }: Case, verdict: Verdict): void {
    const cell = this.#cellOf(operation, dtype);
    cell.cases++;
    cell[verdict.kind]++;
    if (verdict.kind === "refused") {
      const key = `${operation} ${verdict.reason}`;
      const refusal = this.#refusals.get(key) ?? { operation, reason: verdict.reason, cases: 0 };
      refusal.cases++;
      this.#refusals.set(key, refusal);
      return;
    }
    const { numbers, worst, peer, histogram } = verdict.measured;
    cell.numbers += numbers;
    for (const [bin, count] of histogram.entries()) cell.histogram[bin] = (cell.histogram[bin] ?? 0) + count;
    if (numbers > 0 && worst > (cell.worst?.value ?? -1)) cell.worst = { value: worst, address };
    if (peer !== undefined && peer > (cell.peer?.value ?? -1)) cell.peer = { value: peer, address };
    if (verdict.kind === "failed" && this.#failures.length < KEPT)
      this.#failures.push(this.#failure(address, cell, verdict));
  }

  #cellOf(operation: string, dtype: string): Counting {
    const key = `${operation} ${dtype}`;
    const found = this.#cells.get(key);
    if (found !== undefined) return found;
    const cell = { operation, dtype, cases: 0, passed: 0, failed: 0, refused: 0, numbers: 0, histogram: [] };
    this.#cells.set(key, cell);
    return cell;
  }

  #failure(
    address: string,
    { operation, dtype }: Counting,
    { complaint }: Extract<Verdict, { readonly kind: "failed" }>,
  ): Failure {
    return {
      address,
      operation,
      dtype,
      stage: complaint.stage,
      ...(complaint.output !== undefined && { output: complaint.output }),
      message: complaint.message,
      wrong: complaint.wrong ?? [],
      wrongCount: complaint.wrongCount ?? 0,
      command: `pnpm conformance '${address}' --lane ${this.#lane}`,
    };
  }

  /** The report, so far. */
  report(backend: LaneReport["backend"], seconds: number): LaneReport {
    const cells: readonly Cell[] = [...this.#cells.values()];
    const refusals: readonly Refusal[] = [...this.#refusals.values()];
    return { lane: this.#lane, backend, seconds, totals: totalsOf(cells), cells, failures: this.#failures, refusals };
  }
}

function totalsOf(cells: readonly Cell[]): Totals {
  const sum = (of: (cell: Cell) => number): number => cells.reduce((total, cell) => total + of(cell), 0);
  return {
    cases: sum((cell) => cell.cases),
    passed: sum((cell) => cell.passed),
    failed: sum((cell) => cell.failed),
    refused: sum((cell) => cell.refused),
    numbers: sum((cell) => cell.numbers),
  };
}
