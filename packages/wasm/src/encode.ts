import type {
  CopyPlan,
  CrossEntropyPlan,
  LossNumbers,
  OneHotPlan,
  Operand,
  Plan,
  PointwisePlan,
  PointwiseTerm,
  Rows,
  SoftmaxPlan,
  TargetMassPlan,
} from "@surprisal/core";
import { addressOf } from "./buffer.ts";
import { type Chunks, cutNumbers, cutRows } from "./chunks.ts";
import * as codes from "./codes.ts";
import type { RecordWriter } from "./record-writer.ts";

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
  /** Plans of up to so many numbers are computed in f64. */
  readonly #f64UpTo: number;

  constructor(writer: RecordWriter, partials: number, f64UpTo: number) {
    this.#writer = writer;
    this.#partials = partials;
    this.#f64UpTo = f64UpTo;
  }

  /** Writes the record of any plan but a copy or the linear one. */
  encode(plan: Exclude<Plan, CopyPlan>): Work {
    switch (plan.kind) {
      case "one-hot":
        return this.#oneHot(plan);
      case "target-mass":
        return this.#targetMass(plan);
      case "softmax":
        return this.#softmax(plan);
      case "cross-entropy":
        return this.#crossEntropy(plan);
      case "pointwise":
        return this.#pointwise(plan);
      default:
        throw new TypeError("not yet");
    }
  }

  #begin(kind: number, least: number, { outer, classes, inner }: Rows, chunks: Chunks): void {
    const writer = this.#writer;
    const width = outer * classes * inner <= this.#f64UpTo ? 8 : least;
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
    writer.int(this.#partials);
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
    const chunks = cutRows(lines, inner);
    const { input, output } = plan;
    this.#begin(codes.COPY, fitsF32(input.dtype, output.dtype) ? 4 : 8, { outer, classes, inner }, chunks);
    writer.operand({ ...pick(input), offset: input.offset + offsets[0], strides });
    writer.operand({ ...pick(output), offset: output.offset + offsets[1], strides: [classes * inner, inner, 1] });
    return { chunks, phases: ONCE, size: lines * inner };
  }

  #oneHot({ rows, indices, output }: OneHotPlan): Work {
    const chunks = cutRows(rows.outer * rows.inner, rows.classes);
    this.#begin(codes.ONE_HOT, 8, rows, chunks);
    this.#writer.operand(indices);
    this.#writer.operand(output);
    return { chunks, phases: CHECKS_FIRST, size: rows.outer * rows.inner * rows.classes };
  }

  #targetMass({ rows, target, weight, rowWeight, mass }: TargetMassPlan): Work {
    const writer = this.#writer;
    const count = rows.outer * rows.inner;
    const chunks = cutRows(count, 1);
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
    const chunks = cutRows(rows.outer * rows.inner, rows.classes);
    const wide = !isFloat(input) || anyF64([input, upstream, output]);
    this.#begin(codes.SOFTMAX, wide ? 8 : 4, rows, chunks);
    writer.int(RESULTS[plan.of]);
    writer.operand(input);
    writer.operand(upstream);
    writer.operand(output);
    return { chunks, phases: ONCE, size: chunks.rows * rows.classes };
  }

  #loss(
    { target, loss, upstream, ...numbers }: LossNumbers & Pick<CrossEntropyPlan, "target" | "loss" | "upstream">,
  ): void {
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

  #crossEntropy(plan: CrossEntropyPlan): Work {
    const writer = this.#writer;
    const { rows, logits, target, loss, upstream, weight, rowWeight, gradient, targetGradient, stats } = plan;
    const chunks = cutRows(rows.outer * rows.inner, rows.classes);
    const floats = [logits, loss, weight, rowWeight, gradient, targetGradient, target.operand, operandOf(upstream)];
    this.#begin(codes.CROSS_ENTROPY, anyF64(floats) ? 8 : 4, rows, chunks);
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

  #pointwise(plan: PointwisePlan): Work {
    const writer = this.#writer;
    const { rows, a, b, weight, positiveWeight, upstream, output, gradient, term, reduce } = plan;
    const count = rows.outer * rows.inner;
    const whole = rows.inner > 1 || reduce === "classes";
    const chunks = whole ? cutRows(count, rows.classes) : cutNumbers(count, rows.classes);
    const above = operandOf(upstream);
    const wide = term === "exp" || anyF64([a, b, weight, positiveWeight, above, output, gradient]);
    this.#begin(codes.POINTWISE, wide ? 8 : 4, rows, chunks);
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

const RESULTS = {
  softmax: codes.OF_SOFTMAX,
  "log-softmax": codes.OF_LOG_SOFTMAX,
  "log-sum-exp": codes.OF_LOG_SUM_EXP,
} as const;

const REDUCTIONS = {
  none: codes.REDUCE_NONE,
  classes: codes.REDUCE_CLASSES,
  total: codes.REDUCE_TOTAL,
} as const;

const TERMS: Readonly<Record<PointwiseTerm, number>> = {
  "binary-logits": codes.BINARY_LOGITS,
  "binary-probabilities": codes.BINARY_PROBABILITIES,
  "soft-margin": codes.SOFT_MARGIN,
  "focal-logits": codes.FOCAL_LOGITS,
  kl: codes.KL,
  "kl-log-target": codes.KL_LOG_TARGET,
  entropy: codes.ENTROPY,
  "distribution-cross-entropy": codes.DISTRIBUTION_CROSS_ENTROPY,
  "distribution-kl": codes.DISTRIBUTION_KL,
  exp: codes.EXP,
  identity: codes.IDENTITY,
};

/** Whatever has an f64 among its operands is computed in f64. */
function anyF64(operands: readonly (Operand | undefined)[]): boolean {
  return operands.some((operand) => operand?.dtype === "f64");
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

