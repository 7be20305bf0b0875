import type { Awaitable, Values } from "../contestant.ts";
import type { FileValues } from "../protocol.ts";

/** Where a contestant is served: how it comes by its inputs, and what is known of its memory. */
export interface Place {
  /** An input, in memory of its own. */
  read(input: FileValues): Awaitable<Values>;
  /** Writes an output into a folder; gives its file. */
  write(folder: string, name: string, values: Float32Array): Awaitable<string>;
  /** Absent where it cannot be known. */
  readonly memory?: MemoryMeter;
}

/** The memory of a process, in bytes. */
export interface MemoryMeter {
  /** Frees what nobody holds any more. Once, before the first call: optimised code goes with it. */
  collectGarbage(): void;
  /** The resident set now. */
  resident(): number;
  /** Begins a new high-water mark, where the system can. */
  resetPeak(): void;
  /** The highest resident set since `resetPeak`, or ever. */
  peakResident(): number;
}
