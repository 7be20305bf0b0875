import { percent, significant, spread, time } from "../report/words.ts";
import { type EvalBenchReport, type EvalFigures, type EvalRow, type EvalStanding, PROMISE } from "./eval-report.ts";

// What tables say, for the terminal, the document and the page alike.

/** Where the files are. */
export const CACHE: Readonly<Record<EvalRow["state"], string>> = { warm: "in memory", cold: "on disk" };

/** Lines of the figures, the first with the names of the columns. */
export function figureLines({ rows }: EvalBenchReport): string[][] {
  const head = ["file", "it is", "contestant", "time", "noise", "of it start", "speed", "of reading", "memory"];
  return [head, ...rows.flatMap((row) => row.standings.map((standing) => line(row, standing)))];
}

function line(row: EvalRow, standing: EvalStanding): string[] {
  const place = [fileText(row), CACHE[row.state], standing.name];
  if (standing.status !== "timed") return [...place, standing.status, "", "", "", "", ""];
  const { median, startMs, bytesPerSecond, ofReading, peakBytes } = standing;
  return [
    ...place,
    time(median),
    spread(standing),
    time(startMs),
    bytesPerSecond < 1e9 ? `${significant(bytesPerSecond / 1e6)} MB/s` : `${significant(bytesPerSecond / 1e9)} GB/s`,
    ofReading === undefined ? "" : percent(ofReading),
    peakBytes === undefined ? "not known" : megabytes(peakBytes),
  ];
}

/** `.npy [524288, 1000], 2.10 GB`. */
export function fileText({ files: { format, shape, bytes } }: EvalRow): string {
  const size = bytes < 1e9 ? megabytes(bytes) : `${significant(bytes / 1e9)} GB`;
  return `.${format} [${shape.join(", ")}], ${size}`;
}

/** `195 MB`. */
export function megabytes(bytes: number): string {
  return `${significant(bytes / 1e6)} MB`;
}

/** Where ours takes more memory, or more of the time, than is promised. */
export function misses({ rows }: EvalBenchReport): string[] {
  return rows.flatMap((row) =>
    row.standings.flatMap((standing) => {
      if (standing.role !== "ours" || standing.status !== "timed") return [];
      return missesOf(row, standing).map((what) => `${fileText(row)}, ${CACHE[row.state]}: ${standing.name} ${what}`);
    }),
  );
}

function missesOf({ files }: EvalRow, { peakBytes = 0, ofReading = Infinity }: EvalFigures): string[] {
  const large = `takes ${(peakBytes / 1e6).toFixed(1)} MB of memory; at most ${PROMISE.bytes / 1e6} MB are promised`;
  const slow = `has ${(ofReading * 100).toFixed(1)} % of the speed of reading; at least ${PROMISE.ofReading * 100} % are promised`;
  return [
    ...(peakBytes > PROMISE.bytes ? [large] : []),
    ...(PROMISE.formats.includes(files.format) && ofReading < PROMISE.ofReading ? [slow] : []),
  ];
}

/** Who has no time, and why; and why nothing was read from the disk. */
export function troubles({ rows, coldProblem }: EvalBenchReport): string[] {
  const stopped = rows.flatMap((row) =>
    row.standings.flatMap((standing) =>
      standing.status === "timed"
        ? []
        : [`${standing.name}, ${fileText(row)}, ${CACHE[row.state]}: ${standing.status}: ${standing.reason}`],
    ),
  );
  return coldProblem === undefined ? stopped : [...stopped, `Nothing was read from the disk: ${coldProblem}`];
}
