import { MAX_CHUNKS, PARTIAL_BYTES } from "./chunks.ts";
import { CONTROL_BYTES } from "./control.ts";
import { RECORD_BYTES } from "./record-writer.ts";

/** Where everything lies that has a fixed place: behind the kernels' tables, in front of the buffers. */
export interface Layout {
  /** The plan at hand. */
  readonly record: number;
  /** What its chunks leave. */
  readonly partials: number;
  /** What threads tell each other. */
  readonly control: number;
  /** Working memory, for each thread. */
  readonly scratches: readonly number[];
  /** The first byte behind it all. */
  readonly end: number;
}

const LINE = 64;

/** @param start first free byte */
export function layOut(start: number, scratchBytes: number, threads: number): Layout {
  const record = Math.ceil(start / LINE) * LINE;
  const partials = record + RECORD_BYTES;
  const control = partials + PARTIAL_BYTES * MAX_CHUNKS;
  const scratch = control + CONTROL_BYTES;
  const scratches = Array.from({ length: threads }, (_, i) => scratch + i * scratchBytes);
  return { record, partials, control, scratches, end: scratch + threads * scratchBytes };
}
