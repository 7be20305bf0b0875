import type { Pass } from "./cases.ts";
import type { CaseData } from "./data.ts";

/** Now or later: a contestant that computes at once is not made to wait. */
export type Awaitable<T> = T | Promise<T>;

/** What one call gave. */
export interface Outcome {
  /** Read back, so that the call is over. */
  readonly loss: number;
  /** The gradient in the logits' order; undefined after a forward pass. Not timed. */
  gradient(): Awaitable<Float32Array | undefined>;
  /** Frees what the call has allocated. */
  release(): void;
}

/** A contestant with one case's inputs in its own form. */
export interface Prepared {
  /** One call; allocates its outputs. This is what is timed. */
  run(pass: Pass): Awaitable<Outcome>;
  /** Frees the inputs. */
  dispose(): void;
}

/** One way to compute mean cross entropy and its gradient. */
export interface Contestant {
  readonly name: string;
  /** Brings inputs into the contestant's form; not timed. */
  prepare(data: CaseData): Awaitable<Prepared>;
}
