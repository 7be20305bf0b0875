import type { BenchCase } from "../cases.ts";
import type { Entrant, Pass, Residency } from "../contestant.ts";
import type { Bandwidth } from "../run/bandwidth.ts";
import type { BundleSize } from "../run/bundle.ts";
import type { Machine } from "../run/machine.ts";
import type { Stopped } from "../run/lane.ts";
import type { Timed } from "../run/measure-case.ts";
import type { Summary } from "../run/statistics.ts";

/** What is measured: processes on the CPU, the linear layer on all backends in Node, or pages on WebGPU. */
export type Place = "node" | "linear" | "webgpu";

/** Everything that a run found: what `--json` writes, and what tables and the page show. */
export interface BenchReport {
  readonly format: 1;
  readonly where: Place;
  /** ISO 8601. */
  readonly created: string;
  readonly command: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly rounds: number;
  readonly warmUpRounds: number;
  /** The best that was seen in the run; empty on WebGPU. */
  readonly bandwidth: readonly Bandwidth[];
  readonly checksum: number;
  readonly entrants: readonly EntrantReport[];
  readonly rows: readonly Row[];
}

/** Who took part. */
export interface EntrantReport {
  readonly name: string;
  readonly role: Entrant["role"];
  /** Absent where a device computes. */
  readonly threads?: number;
  readonly residency: Residency;
  /** What it says of itself. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly bundle?: BundleSize | { readonly problem: string };
}

/** One case in one pass, all entrants. */
export interface Row {
  readonly case: BenchCase;
  readonly pass: Pass;
  readonly standings: readonly Standing[];
}

/** An entrant in a row. */
export type Standing = { readonly name: string } & (Stopped | (Timed & Figures));

/** What follows from the times. */
export interface Figures extends Summary {
  /** Of the least bytes that the pass has to move, in 10⁹ a second. */
  readonly gigabytesPerSecond: number;
  /** The time that memory alone would take, divided by the median; absent where memory is not the limit. */
  readonly share?: number;
  /** Of the matrix products, in 10⁹ a second, where there are any. */
  readonly gigaflops?: number;
  /**
   * Its median divided by that of the fastest of ours with as many threads, or fewer, and inputs where they are computed with: above
   * 1, ours is faster. Absent where none of ours has a time.
   */
  readonly ratio?: number;
  /** Whose that is. */
  readonly against?: string;
}

/** A standing with times. */
export type TimedStanding = Extract<Standing, { readonly status: "timed" }>;
