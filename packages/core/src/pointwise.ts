import { checkFloat } from "./checks.ts";
import type { Backend } from "./backend.ts";
import { pointwiseKernel } from "./cpu/pointwise.ts";
import { type DType, type FloatDType, isFloat, resultDType } from "./dtype.ts";
import { ShapeError } from "./errors.ts";
import { Job } from "./job.ts";
import { checkUpstream, lowerUpstream } from "./lower.ts";
import type { Operand, PlanOnCpu, PointwisePlan, PointwiseTerm } from "./plan.ts";
import { broadcastStrides, denseStrides, foldTogether, type Rows, rowsOf, sameShape, show, sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/** An element-wise loss as the public functions state it. */
export interface PointwiseRequest<B extends Backend> {
  readonly term: PointwiseTerm;
  readonly a: Tensor<DType, B>;
  readonly b?: Tensor<DType, B>;
  /** What `a`, `b` and the weights broadcast to. */
  readonly shape: readonly number[];
  readonly weight?: Tensor | undefined;
  readonly positiveWeight?: Tensor | undefined;
  readonly alpha?: number;
  readonly gamma?: number;
  readonly strict?: boolean;
  /** Multiplies every term. */
  readonly scale: number;
  /** The dim to sum along, if there is one. */
  readonly dim?: number;
  /** Sum everything into a scalar. */
  readonly total: boolean;
  readonly gradient?: boolean;
  readonly upstream?: number | Tensor | undefined;
}

/** The result of a pointwise request. */
export interface PointwiseResult<B extends Backend> {
  readonly output: Tensor<FloatDType, B>;
  readonly gradient: Tensor<FloatDType, B> | undefined;
}

/** Lowers and runs an element-wise loss. */
export function pointwise<B extends Backend>(where: string, request: PointwiseRequest<B>): PointwiseResult<B> {
  const { a, b, shape, dim, total, weight, positiveWeight } = request;
  const job = new Job(a.backend, where);
  const outputShape = total ? [] : dim === undefined ? shape : shape.toSpliced(dim, 1);
  checkUpstream(where, request.upstream, outputShape);
  const perElement = !total && dim === undefined;
  const upstream = perElement && typeof request.upstream === "object" ? request.upstream : undefined;
  const inputs = [a, b, weight, positiveWeight, upstream];
  const { rows, operands } = place(job, inputs, shape, dim);
  const [first, second, third, fourth, fifth] = operands;
  if (first === undefined) throw new TypeError("a pointwise plan needs an input");
  const output = job.output(outputShape, outputDType(request));
  const stretched = !sameShape(shape, a.shape);
  // What is still to be summed stays in f32 at least.
  const gradientDType = stretched ? resultDType(a.dtype) : checkFloat(where, "input", a);
  const gradient = request.gradient === true ? job.output(shape, gradientDType) : undefined;
  job.add({
    kind: "pointwise",
    onCpu: pointwiseKernel,
    term: request.term,
    rows,
    a: first,
    b: second,
    weight: third,
    positiveWeight: fourth,
    alpha: request.alpha ?? -1,
    gamma: request.gamma ?? 0,
    strict: request.strict ?? false,
    scale: request.scale,
    reduce: total ? "total" : dim === undefined ? "none" : "classes",
    output: perElement ? output.perElement(rows) : output.perRow(rows),
    upstream: fifth ?? lowerUpstream(where, job, request.upstream, outputShape, dim ?? 0),
    gradient: gradient?.perElement(rows),
  } satisfies PlanOnCpu<PointwisePlan>);
  job.run();
  const result = output.tensor();
  try {
    return { output: result, gradient: gradient && sumTo(gradient.tensor(), a) };
  } catch (error) {
    result.dispose();
    throw error;
  }
}

/** PyTorch's results have the dtype of its operands, ours are f32 or wider. */
function outputDType<B extends Backend>({ a, b, strict }: PointwiseRequest<B>): FloatDType {
  if (b === undefined || !isFloat(b.dtype)) return resultDType(a.dtype);
  return strict === true && isFloat(a.dtype) && a.dtype === b.dtype ? a.dtype : resultDType(a.dtype, b.dtype);
}

/** The gradient of a broadcast: summed at once over all dims that were repeated, in the dtype of what was repeated. */
function sumTo<B extends Backend>(
  full: Tensor<FloatDType, B>,
  { shape, dtype }: Tensor<DType, B>,
): Tensor<FloatDType, B> {
  const lead = full.rank - shape.length;
  const dims = Array.from(full.shape, (_, dim) => dim);
  const repeated = dims.filter((dim) => dim < lead || full.shape[dim] !== shape[dim - lead]);
  if (repeated.length === 0) return full;
  using whole = full;
  const kept = dims.filter((dim) => !repeated.includes(dim));
  const size = sizeOf(kept.map((dim) => full.shape[dim] ?? 1));
  using rows = whole.permute([...repeated, ...kept]).reshape(sizeOf(full.shape) / Math.max(1, size), size);
  const flat = pointwise("sum", {
    term: "identity",
    a: rows,
    shape: rows.shape,
    scale: 1,
    dim: 0,
    total: false,
  }).output;
  const sum = Tensor.own(flat.backend, flat.buffer, shape, flat.dtype); // takes over the memory
  if (sum.dtype === dtype || !isFloat(dtype)) return sum;
  using wide = sum;
  return wide.cast(dtype);
}

/** Inputs stretched over `shape`, along `dim` or altogether. */
function place<B extends Backend>(
  job: Job<B>,
  inputs: readonly (Tensor | undefined)[],
  shape: readonly number[],
  dim: number | undefined,
): { rows: Rows; operands: (Operand | undefined)[] } {
  if (dim !== undefined) {
    const stretched = (input: Tensor): Operand =>
      job.operand(input, shape, broadcastStrides(input.shape, input.strides, shape) ?? [], dim);
    const operands = inputs.map((input) => input && stretched(input));
    return { rows: rowsOf(shape, dim), operands };
  }
  const present = inputs.filter((input) => input !== undefined);
  const { rows, operands } = together(job, present, shape);
  const queue = [...operands];
  return { rows, operands: inputs.map((input) => input && queue.shift()) };
}

/** Several tensors stretched over one shape, in the fewest dims; through copies if over three. */
function together<B extends Backend>(
  job: Job<B>,
  inputs: readonly Tensor[],
  shape: readonly number[],
): { rows: Rows; operands: Operand[] } {
  const views = inputs.map((input) => broadcastStrides(input.shape, input.strides, shape) ?? []);
  const folded = foldTogether(shape, [...views, denseStrides(shape)]);
  if (folded === undefined) {
    const rows: Rows = { outer: 1, classes: sizeOf(shape), inner: 1 };
    return { rows, operands: inputs.map((input, i) => job.copied(input, shape, views[i] ?? [], [0, 1, 0])) };
  }
  const operands = inputs.map((input, i) => job.inPlace(input, folded.strides[i] ?? [0, 0, 0]));
  return { rows: folded.rows, operands };
}

/** Throws unless two tensors have the same shape and floating dtypes. */
export function checkPair(where: string, a: Tensor, b: Tensor, names: readonly [string, string]): void {
  checkFloat(where, names[0], a);
  checkFloat(where, names[1], b);
  if (sameShape(a.shape, b.shape)) return;
  const message = `${where}: ${names[1]} must have the shape ${show(a.shape)} of ${names[0]}; got ${show(b.shape)}`;
  throw new ShapeError("target-shape", message, { [names[0]]: a.shape, [names[1]]: b.shape });
}

/** Throws unless a weight broadcasts to `shape` without enlarging it. */
export function checkWeight(where: string, name: string, weight: Tensor | undefined, shape: readonly number[]): void {
  if (weight === undefined) return;
  checkFloat(where, name, weight);
  if (broadcastStrides(weight.shape, weight.strides, shape) !== undefined) return;
  const message = `${where}: ${name} must broadcast to ${show(shape)}; got ${show(weight.shape)}`;
  throw new ShapeError("weight-shape", message, { [name]: weight.shape, shape });
}

/** What multiplies the sum over `count` things for a reduction. */
export function meanScale(reduction: string, count: number): number {
  return reduction === "mean" ? 1 / count : 1;
}
