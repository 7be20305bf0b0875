import type {
  CopyPlan,
  CrossEntropyPlan,
  LinearCrossEntropyPlan,
  LossNumbers,
  OneHotPlan,
  Operand,
  Plan,
  PointwisePlan,
  Rows,
  SoftmaxPlan,
  TargetMassPlan,
} from "@surprisal/core";
import { addressOf } from "./buffer.ts";
import { type Chunks, cutNumbers, cutRows, PARTIAL_BYTES } from "./chunks.ts";
import * as codes from "./codes.ts";
import type { Block, LinearLayout } from "./linear-layout.ts";
import { REDUCTIONS, RESULTS, TERMS } from "./plan-codes.ts";
import type { Settings } from "./options.ts";
import { placeOf, type RecordWriter } from "./record-writer.ts";

/** What is left to do once a plan's record is written. */
export interface Work {
  readonly chunks: Chunks;
  /** Numbers of the phases, in order; whether each looks for bad data. */
  readonly phases: readonly { readonly phase: number; readonly checks: boolean }[];
  /** Numbers that it goes through: whether it is worth more than one thread. */
  readonly size: number;
}

const ONCE = [{ phase: 1, checks: false }] as const;
const CHECKS = [{ phase: 1, checks: true }] as const;
const CHECKS_FIRST = [
  { phase: 0, checks: true },
  { phase: 1, checks: false },
] as const;

/** Field numbers of what changes from phase to phase: kernels/records.ts, `Plan`. */
export const PHASE_FIELD = 10;
export const CHECKS_FIELD = 11;

/** Writes plans' records. */
export class Encoder {
  readonly #writer: RecordWriter;
  /** Address of the chunks' partial results. */
  readonly #partials: number;
  /** Numbers of a chunk. */
  readonly #chunk: number;
  /** Plans of up to so many numbers are computed in f64. */
  readonly #f64UpTo: number;

  constructor(writer: RecordWriter, partials: number, { chunk, f64UpTo }: Pick<Settings, "chunk" | "f64UpTo">) {
    this.#writer = writer;
    this.#partials = partials;
    this.#chunk = chunk;
    this.#f64UpTo = f64UpTo;
  }

  /** Writes the record of a plan that is done at once. */
  encode(plan: Exclude<Plan, CopyPlan | LinearCrossEntropyPlan>): Work {
    switch (plan.kind) {
      case "one-hot":
        return this.#oneHot(plan);
      case "target-mass":
        return this.#targetMass(plan);
      case "softmax":
        return this.#softmax(plan);
      case "cross-entropy":
        return this.crossEntropy(plan);
      case "pointwise":
        return this.#pointwise(plan);
      default:
        return plan satisfies never;
    }
  }

  /** Bytes of the numbers that a plan over these rows is computed in, of which one of `operands` may ask for f64. */
  widthFor({ outer, classes, inner }: Rows, operands: readonly (Operand | undefined)[]): 4 | 8 {
    const small = outer * classes * inner <= this.#f64UpTo;
    return small || operands.some((operand) => operand?.dtype === "f64") ? 8 : 4;
  }

  #begin(kind: number, width: number, { outer, classes, inner }: Rows, chunks: Chunks, firstPartial = 0): void {
    const writer = this.#writer;
    writer.begin();
    writer.int(kind);
    writer.int(width);
    writer.int(outer);
    writer.int(classes);
    writer.int(inner);
    writer.int(chunks.rows);
    writer.int(chunks.rowsPerChunk);
    writer.int(chunks.classesPerChunk);
    writer.int(chunks.across);
    writer.int(this.#partials + firstPartial * PARTIAL_BYTES);
    writer.int(1);
    writer.int(0);
  }

  /** One copy of up to three dims: `lines` lines of `length` elements, in a grid of `outer` × `classes`. */
  copyLines(
    plan: CopyPlan,
    { outer, classes, inner }: Rows,
    strides: readonly [number, number, number],
    offsets: readonly [number, number],
  ): Work {
    const writer = this.#writer;
    const lines = outer * classes;
    const chunks = cutRows(lines, inner, this.#chunk);
    const { input, output } = plan;
    const width = fitsF32(input.dtype, output.dtype) ? 4 : 8;
    this.#begin(codes.COPY, width, { outer, classes, inner }, chunks);
    writer.operand({ ...pick(input), offset: input.offset + offsets[0], strides });
    writer.operand({ ...pick(output), offset: output.offset + offsets[1], strides: [classes * inner, inner, 1] });
    return { chunks, phases: ONCE, size: lines * inner };
  }

  #oneHot({ rows, indices, output }: OneHotPlan): Work {
    const chunks = cutRows(rows.outer * rows.inner, rows.classes, this.#chunk);
    this.#begin(codes.ONE_HOT, 8, rows, chunks);
    this.#writer.operand(indices);
    this.#writer.operand(output);
    return { chunks, phases: CHECKS_FIRST, size: rows.outer * rows.inner * rows.classes };
  }

  #targetMass({ rows, target, weight, rowWeight, mass }: TargetMassPlan): Work {
    const writer = this.#writer;
    const count = rows.outer * rows.inner;
    const chunks = cutRows(count, 1, this.#chunk);
    this.#begin(codes.TARGET_MASS, 8, rows, chunks);
    writer.operand(target.operand);
    writer.flag(target.kind === "index");
    writer.operand(weight);
    writer.operand(rowWeight);
    writer.int(addressOf(mass.buffer));
    writer.float(target.kind === "index" ? target.ignoreIndex : 0);
    return { chunks, phases: CHECKS, size: count };
  }

  #softmax(plan: SoftmaxPlan): Work {
    const writer = this.#writer;
    const { rows, input, upstream, output } = plan;
    const chunks = cutRows(rows.outer * rows.inner, rows.classes, this.#chunk);
    const width = isFloat(input) ? this.widthFor(rows, [input, upstream, output]) : 8;
    this.#begin(codes.SOFTMAX, width, rows, chunks);
    writer.int(RESULTS[plan.of]);
    writer.operand(input);
    writer.operand(upstream);
    writer.operand(output);
    return { chunks, phases: ONCE, size: chunks.rows * rows.classes };
  }

  #loss({
    target,
    loss,
    upstream,
    ...numbers
  }: LossNumbers & Pick<CrossEntropyPlan, "target" | "loss" | "upstream">): void {
    const writer = this.#writer;
    const { divisor } = numbers;
    writer.operand(target.operand);
    writer.flag(target.kind === "index");
    writer.operand(numbers.weight);
    writer.operand(numbers.rowWeight);
    writer.operand(loss);
    writer.operand(typeof upstream === "number" ? undefined : upstream);
    writer.int(typeof divisor === "number" ? 0 : addressOf(divisor.buffer));
    writer.flag(numbers.normalized);
    writer.flag(numbers.strict);
    writer.flag(numbers.reduce);
    writer.float(target.kind === "index" ? target.ignoreIndex : 0);
    writer.float(numbers.hot);
    writer.float(numbers.base);
    writer.float(numbers.logitScale);
    writer.float(numbers.softcap);
    writer.float(numbers.zLoss);
    writer.float(numbers.focalGamma);
    writer.float(typeof divisor === "number" ? divisor : 0);
    writer.float(numbers.empty);
    writer.float(typeof upstream === "number" ? upstream : 0);
  }

  /** Cross entropy; of a `block` of a linear plan behind the partial that blocks are added up in. */
  crossEntropy(plan: CrossEntropyPlan, block = false): Work {
    const writer = this.#writer;
    const { rows, logits, target, loss, upstream, weight, rowWeight, gradient, targetGradient, stats } = plan;
    const chunks = cutRows(rows.outer * rows.inner, rows.classes, this.#chunk);
    const floats = [logits, loss, weight, rowWeight, gradient, targetGradient, target.operand, operandOf(upstream)];
    this.#begin(codes.CROSS_ENTROPY, this.widthFor(rows, floats), rows, chunks, block ? 1 : 0);
    this.#loss(plan);
    writer.operand(logits);
    writer.operand(gradient);
    writer.operand(targetGradient);
    writer.operand(stats?.max);
    writer.operand(stats?.logSum);
    writer.operand(stats?.predicted);
    writer.operand(stats?.rank);
    writer.operand(stats?.entropy);
    writer.operand(stats?.probability);
    return { chunks, phases: ONCE, size: chunks.rows * rows.classes };
  }

  /** Bytes of the numbers that a linear plan is computed in. */
  linearWidth(plan: LinearCrossEntropyPlan): 4 | 8 {
    const { rows, hidden, matrix, bias, weight, rowWeight, loss, upstream } = plan;
    return this.widthFor(rows, [hidden, matrix, bias, weight, rowWeight, loss, operandOf(upstream)]);
  }

  /** A phase of a linear plan over `chunks`, with its working memory from an address on. */
  linear(
    plan: LinearCrossEntropyPlan,
    phase: number,
    chunks: Chunks,
    layout: LinearLayout,
    from: number,
    block: Block,
  ): Work {
    const writer = this.#writer;
    const { rows, features, hidden, matrix, bias, hiddenGradient, matrixGradient, biasGradient, filter } = plan;
    this.#begin(codes.LINEAR_CROSS_ENTROPY, this.linearWidth(plan), rows, chunks, 1);
    this.#loss(plan);
    writer.int(features);
    writer.operand(hidden);
    writer.operand(matrix);
    writer.operand(bias);
    writer.operand(hiddenGradient);
    writer.operand(matrixGradient);
    writer.operand(biasGradient);
    const { counter, list, labels, weights, upstreams, losses } = layout;
    for (const place of [counter, list, labels, weights, upstreams, losses]) writer.int(from + place);
    writer.int(biasGradient === undefined ? 0 : from + layout.biasSums);
    writer.int(matrixSumsAt(plan, layout, from));
    writer.int(layout.sumPitch);
    writer.int(from + layout.logits);
    writer.int(layout.pitch);
    writer.int(from + layout.packedRows);
    writer.int(matrixGradient === undefined ? 0 : from + layout.packedFeatures);
    writer.int(from + layout.hiddenSums);
    writer.int(block.first);
    writer.int(block.count);
    writer.int(layout.blockRows);
    writer.int(filter === undefined ? 0 : from + layout.skips);
    writer.int(layout.spans);
    writer.int(from + layout.masses);
    writer.operand(filter?.discarded);
    writer.float(filter?.bound ?? 0);
    return { chunks, phases: [{ phase, checks: false }], size: chunks.rows * rows.classes };
  }

  #pointwise(plan: PointwisePlan): Work {
    const writer = this.#writer;
    const { rows, a, b, weight, positiveWeight, upstream, output, gradient, term, reduce } = plan;
    const count = rows.outer * rows.inner;
    const whole = rows.inner > 1 || reduce === "classes";
    const chunks = whole ? cutRows(count, rows.classes, this.#chunk) : cutNumbers(count, rows.classes, this.#chunk);
    const above = operandOf(upstream);
    const floats = [a, b, weight, positiveWeight, above, output, gradient];
    this.#begin(codes.POINTWISE, term === "exp" ? 8 : this.widthFor(rows, floats), rows, chunks);
    writer.int(TERMS[term]);
    writer.int(REDUCTIONS[reduce]);
    writer.flag(plan.strict);
    writer.operand(a);
    writer.operand(b);
    writer.operand(weight);
    writer.operand(positiveWeight);
    writer.operand(above);
    writer.operand(output);
    writer.operand(gradient);
    writer.float(plan.alpha);
    writer.float(plan.gamma);
    writer.float(plan.scale);
    writer.float(typeof upstream === "number" ? upstream : 0);
    return { chunks, phases: term === "binary-probabilities" ? CHECKS_FIRST : ONCE, size: count * rows.classes };
  }
}

function matrixSumsAt({ matrixGradient }: LinearCrossEntropyPlan, { matrixSums }: LinearLayout, from: number): number {
  if (matrixGradient === undefined) return 0;
  return matrixSums === undefined ? placeOf(matrixGradient) : from + matrixSums;
}

function isFloat({ dtype }: Operand): boolean {
  return dtype === "f32" || dtype === "f64" || dtype === "f16" || dtype === "bf16";
}

function operandOf(value: Operand | number): Operand | undefined {
  return typeof value === "number" ? undefined : value;
}

/** Whether every value of both dtypes is one of f32. */
function fitsF32(...dtypes: readonly Operand["dtype"][]): boolean {
  return dtypes.every((dtype) => dtype === "f32" || dtype === "f16" || dtype === "bf16" || dtype === "u8");
}

/** An operand without what is replaced: outputs have their buffer behind a getter. */
function pick({ buffer, dtype }: Pick<Operand, "buffer" | "dtype">): Pick<Operand, "buffer" | "dtype"> {
  return { buffer, dtype };
}
