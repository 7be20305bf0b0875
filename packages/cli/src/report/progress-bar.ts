import cliProgress from "cli-progress";
import type { Output } from "../io.ts";
import { count } from "./numbers.ts";

/** How far rows have been worked through. */
export interface RowProgress {
  update(rows: number): void;
  stop(): void;
}

/** A bar with rate and time left on a terminal, gone at the end; nothing in a file or a pipe. */
export function rowProgress(stream: Output, total: number | undefined): RowProgress {
  if (stream.isTTY !== true) return { update() {}, stop() {} };
  const start = performance.now();
  const known = "{bar} {percentage} % of {all} rows, {rate} rows/s, {eta_formatted} left";
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: total === undefined ? "{done} rows, {rate} rows/s" : known,
      clearOnComplete: true,
      hideCursor: true,
      etaBuffer: 100,
      fps: 10,
    },
    cliProgress.Presets.shades_classic,
  );
  const payload = (rows: number): object => ({
    all: count(total ?? 0),
    done: count(rows),
    rate: count(Math.round(rows / Math.max((performance.now() - start) / 1000, 1e-3))),
  });
  bar.start(total ?? 0, 0, payload(0));
  return {
    update: (rows) => bar.update(rows, payload(rows)),
    stop: () => bar.stop(),
  };
}
