import {
  type CopyPlan,
  DataError,
  type DeviceBuffer,
  DisposedError,
  type HostBackend,
  type LinearCrossEntropyPlan,
  type OneHotPlan,
  type Plan,
  type PlanParts,
  type PointwisePlan,
  type TargetMassPlan,
} from "@surprisal/core";
import { addressOf, WasmBuffer } from "./buffer.ts";
import { PARTIAL_BYTES } from "./chunks.ts";
import { partsOf } from "./copy.ts";
import { CHECKS_FIELD, Encoder, PHASE_FIELD, type Work } from "./encode.ts";
import type { Layout } from "./layout.ts";
import { runLinear } from "./linear.ts";
import { layOutLinear } from "./linear-layout.ts";
import type { Settings } from "./options.ts";
import type { WasmMemory } from "./memory.ts";
import { RecordWriter } from "./record-writer.ts";
import type { Threads } from "./threads.ts";

/** What puts the chunks of a plan together, and those of a block: kernels/merge.ts. */
export interface Merging {
  merge(record: number, chunks: number): number;
  fold(record: number, chunks: number, first: boolean): void;
}

/** Where in what a chunk leaves the first bad row is, and what is there, in f64. */
const BAD_ROW = 5;
const BAD_VALUE = 6;

/** The backend in WebAssembly: one memory, kernels that run over chunks of it, on as many threads as there are. */
export class WasmBackend implements HostBackend {
  readonly name = "wasm";
  readonly maxBufferBytes: number;
  readonly #memory: WasmMemory;
  readonly #threads: Threads;
  readonly #kernels: Merging;
  readonly #layout: Layout;
  readonly #writer: RecordWriter;
  readonly #encoder: Encoder;
  readonly #facts: Readonly<Record<string, unknown>>;
  #disposed = false;

  constructor(
    memory: WasmMemory,
    maxBufferBytes: number,
    threads: Threads,
    kernels: Merging,
    layout: Layout,
    settings: Settings,
    facts: Readonly<Record<string, unknown>>,
  ) {
    this.maxBufferBytes = maxBufferBytes;
    this.#memory = memory;
    this.#threads = threads;
    this.#kernels = kernels;
    this.#layout = layout;
    this.#facts = facts;
    this.#writer = new RecordWriter(layout.record, memory.memory.buffer);
    this.#encoder = new Encoder(this.#writer, layout.partials, settings);
    memory.onGrow(() => this.#writer.useMemory(memory.memory.buffer));
  }

  alloc(bytes: number): DeviceBuffer {
    this.#check();
    return this.#memory.allocate(bytes);
  }

  free(buffer: DeviceBuffer): void {
    if (buffer instanceof WasmBuffer) this.#memory.free(buffer);
  }

  write(buffer: DeviceBuffer, bytes: ArrayBufferView): void {
    this.#memory.bytes.set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), this.#addressOf(buffer));
  }

  read(buffer: DeviceBuffer, start: number, end: number): Promise<ArrayBuffer> {
    const address = this.#addressOf(buffer);
    const copied = new Uint8Array(end - start);
    copied.set(this.#memory.bytes.subarray(address + start, address + end));
    return Promise.resolve(copied.buffer);
  }

  view(buffer: DeviceBuffer): { readonly bytes: ArrayBufferLike; readonly byteOffset: number } {
    return { bytes: this.#memory.bytes.buffer, byteOffset: this.#addressOf(buffer) };
  }

  refuses(plan: Plan): string | undefined {
    if (plan.kind !== "linear-cross-entropy") return undefined;
    const layout = layOutLinear(plan, this.#encoder.linearWidth(plan));
    return typeof layout === "number" ? `maxBytes is ${plan.maxBytes}; at least ${layout} are needed` : undefined;
  }

  explain(plan: Plan): PlanParts | undefined {
    if (plan.kind !== "linear-cross-entropy") return undefined;
    const layout = layOutLinear(plan, this.#encoder.linearWidth(plan));
    if (typeof layout === "number") return undefined;
    const gradients = [plan.hiddenGradient, plan.matrixGradient].filter((gradient) => gradient !== undefined);
    return {
      blockRows: layout.blockRows,
      blockClasses: plan.rows.classes,
      products: 1 + gradients.length,
      workingBytes: layout.bytes,
    };
  }

  run(plans: readonly Plan[]): void {
    this.#check();
    for (const plan of plans) {
      if (plan.kind === "copy") this.#copy(plan);
      else if (plan.kind === "linear-cross-entropy") this.#linear(plan);
      else this.#finish(plan, this.#encoder.encode(plan));
    }
  }

  describe(): Readonly<Record<string, unknown>> {
    const maxBytes = this.maxBufferBytes;
    return { ...this.#facts, ...this.#threads.describe(), ...this.#memory.describe(), maxBytes };
  }

  dispose(): void {
    this.#disposed = true;
    this.#threads.dispose();
  }

  #check(): void {
    if (this.#disposed) throw new DisposedError("disposed", "this wasm backend was disposed and cannot be used");
  }

  #addressOf(buffer: DeviceBuffer): number {
    this.#check();
    return addressOf(buffer);
  }

  #copy(plan: CopyPlan): void {
    for (const { rows, strides, offsets } of partsOf(plan)) {
      this.#finish(plan, this.#encoder.copyLines(plan, rows, strides, offsets));
    }
  }

  #linear(plan: LinearCrossEntropyPlan): void {
    const layout = layOutLinear(plan, this.#encoder.linearWidth(plan));
    if (typeof layout === "number") throw new TypeError("a plan that was refused cannot be run");
    const memory = this.#memory.allocate(layout.bytes);
    const { record } = this.#layout;
    try {
      runLinear(plan, layout, memory, {
        encoder: this.#encoder,
        perform: (work) => this.#perform(work),
        fold: (chunks, first) => this.#kernels.fold(record, chunks, first),
        readInt: (address) => new Int32Array(this.#memory.bytes.buffer)[address / 4] ?? 0,
      });
      this.#kernels.merge(record, 0);
    } finally {
      this.#memory.free(memory);
    }
  }

  /** Does what the record says, phase by phase, and puts the results together. */
  #finish(plan: Plan, work: Work): void {
    this.#perform(work, () => {
      const bad = this.#kernels.merge(this.#layout.record, work.chunks.count);
      if (bad >= 0) throw this.#dataError(plan, bad);
    });
    if (plan.kind === "target-mass" && plan.mustKeep) this.#checkKept(plan);
  }

  #perform({ chunks, phases, size }: Work, afterwards?: () => void): void {
    for (const { phase, checks } of phases) {
      this.#writer.set(PHASE_FIELD, phase);
      this.#writer.set(CHECKS_FIELD, checks ? 1 : 0);
      this.#threads.run(chunks.count, size);
      afterwards?.();
    }
  }

  #floats(address: number, count: number): Float64Array {
    return new Float64Array(this.#memory.bytes.buffer, address, count);
  }

  #checkKept({ rows, mass }: TargetMassPlan): void {
    const [, kept] = this.#floats(addressOf(mass.buffer), 2);
    if (kept !== 0) return;
    const message = `the mean is over no row at all: each of the ${rows.outer * rows.inner} is ignored`;
    throw new DataError("empty-mean", message);
  }

  #dataError(plan: Plan, chunk: number): DataError {
    const partial = this.#floats(this.#layout.partials + chunk * PARTIAL_BYTES, PARTIAL_BYTES / 8);
    const row = partial[BAD_ROW] ?? -1;
    const value = partial[BAD_VALUE] ?? Number.NaN;
    if (plan.kind === "target-mass") return badTarget(plan, row, value);
    return plan.kind === "one-hot" ? badIndex(plan, row, value) : badProbability(plan as PointwisePlan, row, value);
  }
}

function badTarget({ rows, target }: TargetMassPlan, row: number, value: number): DataError {
  const { classes, inner } = rows;
  const ignoreIndex = target.kind === "index" ? target.ignoreIndex : undefined;
  const place = inner === 1 ? `row ${row}` : `row ${row} (outer ${Math.floor(row / inner)}, inner ${row % inner})`;
  const message = `target ${value} at ${place} is outside [0, ${classes}) and is not ignoreIndex (${ignoreIndex})`;
  return new DataError("target-range", message, { target: value, row, classes, ignoreIndex });
}

function badIndex({ rows: { classes } }: OneHotPlan, row: number, value: number): DataError {
  const message = `one-hot: index ${value} at position ${row} is outside [0, ${classes})`;
  return new DataError("target-range", message, { target: value, row, classes });
}

function badProbability(_plan: PointwisePlan, at: number, value: number): DataError {
  return new DataError("value-range", `probabilities must be in [0, 1]; element ${at} is ${value}`, { at, value });
}
