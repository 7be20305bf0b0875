import { DataError, type IndexTarget, type Plan, type Rows, type SurprisalError } from "@surprisal/core";

/** Something that may have gone wrong with a run, found out later. */
export interface Fault {
  state: "open" | "fine" | SurprisalError;
  /** Resolves once `state` is known, if it becomes known by itself. */
  readonly settled: Promise<void> | undefined;
}

/** Words of a slot: the first bad row, what is wrong (1: an index, 2: no row kept, 3: a probability), and what it is. */
export const SLOT_WORDS = 4;
export const SLOTS = 1024;
export const NOTHING = 0xffffffff;

/** What is checked on the device: bad data that a kernel has found, told by its slot. */
export class DataFault implements Fault {
  state: Fault["state"] = "open";
  settled: Promise<void> | undefined;
  readonly slot: number;
  readonly #plan: Plan;

  constructor(slot: number, plan: Plan) {
    this.slot = slot;
    this.#plan = plan;
  }

  /** Learns from the status words. */
  settle(status: Uint32Array): void {
    const at = this.slot * SLOT_WORDS;
    const [row = NOTHING, kind = 0, low = 0, high = 0] = status.subarray(at, at + SLOT_WORDS);
    if (row === NOTHING) this.state = "fine";
    else if (kind === 3) this.state = outsideUnit(row, new Float32Array(Uint32Array.of(low).buffer)[0] ?? NaN);
    else this.state = errorOf(this.#plan, kind, row, (high | 0) * 2 ** 32 + low);
  }
}

/** Whether a plan's kernels check its data. */
export function checksData(plan: Plan): boolean {
  return (
    plan.kind === "target-mass" ||
    plan.kind === "one-hot" ||
    (plan.kind === "pointwise" && plan.term === "binary-probabilities")
  );
}

function errorOf(plan: Plan, kind: number, row: number, index: number): DataError {
  if (plan.kind === "target-mass" && kind === 2) {
    const { outer, inner } = plan.rows;
    return new DataError("empty-mean", `the mean is over no row at all: each of the ${outer * inner} is ignored`);
  }
  if (plan.kind === "target-mass" && plan.target.kind === "index")
    return outOfRange(index, row, plan.rows, plan.target);
  const { classes } = "rows" in plan ? plan.rows : { classes: 0 };
  const message = `index ${index} at position ${row} is outside [0, ${classes})`;
  return new DataError("target-range", message, { target: index, row, classes });
}

function outsideUnit(at: number, value: number): DataError {
  return new DataError("value-range", `probabilities must be in [0, 1]; element ${at} is ${value}`, { at, value });
}

function outOfRange(label: number, row: number, { classes, inner }: Rows, { ignoreIndex }: IndexTarget): DataError {
  const place = inner === 1 ? `row ${row}` : `row ${row} (outer ${Math.floor(row / inner)}, inner ${row % inner})`;
  const message = `target ${label} at ${place} is outside [0, ${classes}) and is not ignoreIndex (${ignoreIndex})`;
  return new DataError("target-range", message, { target: label, row, classes, ignoreIndex });
}

/** What the device says of a run through its error scopes. */
export class DeviceFault implements Fault {
  state: Fault["state"] = "open";
  readonly settled: Promise<void>;

  constructor(outcome: Promise<SurprisalError | undefined>) {
    this.settled = this.#learn(outcome);
  }

  async #learn(outcome: Promise<SurprisalError | undefined>): Promise<void> {
    this.state = (await outcome) ?? "fine";
  }
}

const MOST = 32;

/** Many faults as one, so that lists stay short however long a chain of calls is. */
class Faults implements Fault {
  #parts: readonly Fault[];

  constructor(parts: readonly Fault[]) {
    this.#parts = parts;
  }

  get settled(): Promise<void> {
    return this.#learn();
  }

  async #learn(): Promise<void> {
    for (const part of this.#parts) await part.settled;
  }

  get state(): Fault["state"] {
    this.#parts = this.#parts.filter(({ state }) => state !== "fine");
    const bad = this.#parts.find(({ state }) => typeof state === "object");
    if (bad !== undefined) return bad.state;
    return this.#parts.length === 0 ? "fine" : "open";
  }
}

/** All faults of several lists, each once. */
export function together(...lists: readonly (readonly Fault[])[]): readonly Fault[] {
  const all = [...new Set(lists.flat())];
  return all.length > MOST ? [new Faults(all)] : all;
}
