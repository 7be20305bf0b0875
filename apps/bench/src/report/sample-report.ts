import type { BenchCase } from "../cases.ts";
import type { Entrant } from "../contestant.ts";
import type { CaseResult, Measured } from "../run/measure-case.ts";
import { rowsOf } from "./figures.ts";
import type { BenchReport } from "./report.ts";

// A run that never was, with one of everything, for the tests of tables and the page.

const ENTRANTS: readonly Entrant[] = [
  { name: "cpu", role: "ours", command: [] },
  { name: "careful loop", role: "loop", command: [] },
  { name: "PyTorch, 1 thread", role: "peer", command: [] },
  { name: "PyTorch, 2 threads", role: "peer", threads: 2, command: [] },
  { name: "<broken> & bent", role: "peer", command: [] },
];

/** A thousand rows of a thousand classes. */
export const SQUARE: BenchCase = {
  id: "square",
  kind: "cross-entropy",
  shape: [1000, 1000],
  target: "indices",
  calls: 1,
  about: "a square",
};

const BANDWIDTH = [
  { threads: 1, read: 4e9, copy: 8e9 },
  { threads: 2, read: 8e9, copy: 6e9 },
];

function timed(entrant: string, pass: Measured["pass"], times: readonly number[]): Measured {
  return { entrant, pass, status: "timed", times, error: 1e-7, exact: true, firstMs: 9, peakBytes: 2 ** 20 };
}

const MEASURED: readonly Measured[] = [
  timed("cpu", "forward", [2, 4, 3]),
  timed("cpu", "gradient", [4, 4, 4]),
  timed("careful loop", "forward", [1.5, 1.5, 1.5]),
  timed("careful loop", "gradient", [8, 8, 8]),
  timed("PyTorch, 1 thread", "forward", [6, 6, 6]),
  { ...timed("PyTorch, 1 thread", "gradient", [12, 12, 12]), error: 2e-6, exact: false } as Measured,
  timed("PyTorch, 2 threads", "forward", [3.5, 3.5, 3.5]),
  timed("PyTorch, 2 threads", "gradient", [7, 7, 7]),
  { entrant: "<broken> & bent", pass: "forward", status: "failed", reason: "no <module> *here*" },
  { entrant: "<broken> & bent", pass: "gradient", status: "refused", reason: "not | on Sundays" },
];

const RESULT: CaseResult = { benchCase: SQUARE, measured: MEASURED, facts: {}, checksum: 7 };

/** The run. */
export const SAMPLE: BenchReport = {
  format: 1,
  where: "node",
  created: "2026-03-14T09:26:53.589Z",
  command: "pnpm bench --peers",
  seconds: 90,
  machine: { cpu: "Abacus 3000", cores: 2, memory: 2 ** 34, system: "Linux 6 x64", node: "24.0.0", load: 0 },
  rounds: 3,
  warmUpRounds: 2,
  bandwidth: BANDWIDTH,
  checksum: 7,
  entrants: ENTRANTS.map(({ name, role, threads = 1 }) => ({
    name,
    role,
    threads,
    residency: "one memory",
    facts: { version: "1.2.3", threads },
    ...(role === "ours" && { bundle: { minified: 30_000, gzip: 12_300 } }),
  })),
  rows: rowsOf(RESULT, ENTRANTS, BANDWIDTH),
};
