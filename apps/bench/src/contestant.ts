import type { BenchCase } from "./cases.ts";

/** What is computed; a case is of one kind. */
export type Kind = "cross-entropy" | "binary" | "softmax" | "linear";

/** The result alone, or the result and the gradients with respect to what is not a target. */
export type Pass = "forward" | "gradient";

/** Now or later: a contestant that computes at once is not made to wait. */
export type Awaitable<T> = T | Promise<T>;

/** A tensor's elements in row-major order. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** A case with its inputs. */
export interface CaseData {
  readonly benchCase: BenchCase;
  /**
   * By kind. `cross-entropy`: `logits`, `target` (an Int32Array of class indices, or a Float32Array of probabilities in
   * the logits' shape; classes are dim 1). `binary`: `logits`, `target` (mean binary cross entropy with logits).
   * `softmax`: `input`, `upstream`, along the last dim. `linear`: `hidden` [N, D], `weight` [V, D], `target` [N].
   */
  readonly inputs: Readonly<Record<string, Values>>;
}

/** What one call gave. */
export interface Outcome {
  /** A number read back from the result, so that the call is over. */
  readonly used: number;
  /**
   * The result as plain arrays. Not timed. By kind and pass: `{ loss }` or `{ loss, gradLogits }`; softmax `{ output }`
   * or `{ output, gradInput }`; linear `{ loss }` or `{ loss, gradHidden, gradWeight }`. A loss is one element.
   */
  outputs(): Awaitable<Readonly<Record<string, Float32Array>>>;
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

/** One way to compute the cases. */
export interface Contestant {
  readonly name: string;
  /** What it is: version, backend, threads. */
  describe(): Awaitable<Readonly<Record<string, string | number>>>;
  /** Why it cannot do this case, if so. */
  refuses?(benchCase: BenchCase): string | undefined;
  /** Brings inputs into the contestant's form; not timed. */
  prepare(data: CaseData): Awaitable<Prepared>;
}

/**
 * Where inputs are when the clock starts. `one memory`: the contestant computes on ordinary JavaScript memory, or on
 * its process's own, so there is no difference. `resident`: in the memory of its backend, brought there by `prepare`.
 * `handed over`: in ordinary JavaScript memory, and each call brings them to the backend.
 */
export type Residency = "one memory" | "resident" | "handed over";

/**
 * Who takes part: a line in the list of contestants (contestants/all.ts; peers in peers/all.ts, as
 * `export const PEERS: readonly Entrant[]`). Each runs in a process of its own: child/main.ts serves the contestant that
 * `load` gives (imported there and nowhere else, so that a peer that is not installed is reported as that); a `command`
 * is a program that speaks protocol.ts itself, started in apps/bench; a `page` is a module, from apps/bench/src, that
 * exports its `contestant` to a page of a Chromium of its own (contestants/webgpu.ts, peers/webgpu.ts).
 */
export type Entrant = EntrantFacts &
  ({ readonly load: () => Promise<Contestant> } | { readonly command: readonly string[] } | { readonly page: string });

/** Whether an entrant computes in a page. */
export function inPage(entrant: Entrant): boolean {
  return "page" in entrant;
}

/** Whether a device computes for an entrant, rather than threads. */
export function onDevice(entrant: Entrant): boolean {
  return inPage(entrant) || entrant.device === true;
}

/** What is known of an entrant before it starts. */
export interface EntrantFacts {
  /** Unique; threads and residency are part of it where there are several: `PyTorch, 2 threads`. */
  readonly name: string;
  /** `steps`: a backend of ours, with other steps: the product of another library or of a loop before it, or smaller blocks. */
  readonly role: "ours" | "loop" | "steps" | "peer";
  /** Threads that it computes on; 1 unless told. */
  readonly threads?: number;
  /** Whom its times are compared with, unless it is the fastest of ours with as many threads. */
  readonly against?: string;
  /** It computes on a device of Node's, in software where there is no other. */
  readonly device?: true;
  /** `one memory` unless told. */
  readonly residency?: Residency;
  /** A module's source for a bundle of what a user would ship, if it is a JavaScript package: `export … from "…";`. */
  readonly bundle?: string;
}
