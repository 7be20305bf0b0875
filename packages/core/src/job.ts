import type { Backend, PlanParts } from "./backend.ts";
import { bytesOf, type DType } from "./dtype.ts";
import { BackendError } from "./errors.ts";
import { copyKernel } from "./cpu/copy.ts";
import { type Mass, MASS_BYTES, type Operand, type PlanOnCpu } from "./plan.ts";
import { denseStrides, foldRows, type Rows, sizeOf, type Strides } from "./shape.ts";
import { checkPlans, execute, Slot, SlotOperand } from "./slot.ts";
import { Tensor } from "./tensor.ts";

/** A tensor to be: a result of a job, before and after it ran. */
export class Output<D extends DType, B extends Backend> {
  readonly shape: readonly number[];
  readonly dtype: D;
  readonly slot: Slot;
  readonly #backend: B;

  constructor(backend: B, shape: readonly number[], dtype: D) {
    this.#backend = backend;
    this.shape = shape;
    this.dtype = dtype;
    this.slot = new Slot(sizeOf(shape) * bytesOf(dtype));
  }

  /** As one value per element of a geometry of the same size. */
  perElement(rows: Rows): Operand {
    return new SlotOperand(this.slot, this.dtype, [rows.classes * rows.inner, rows.inner, 1]);
  }

  /** As one value per row; a scalar is the same for all. */
  perRow(rows: Rows): Operand {
    return new SlotOperand(this.slot, this.dtype, this.shape.length === 0 ? [0, 0, 0] : [rows.inner, 0, 1]);
  }

  /** The tensor, once the job ran. */
  tensor(): Tensor<D, B> {
    return Tensor.own(this.#backend, this.slot.buffer, this.shape, this.dtype);
  }
}

/** One call on one backend: collects inputs, outputs and plans, then runs them all. */
export class Job<B extends Backend> {
  readonly #backend: B;
  readonly #name: string;
  readonly #plans: PlanOnCpu[] = [];
  readonly #outputs: Slot[] = [];
  readonly #temporaries: Slot[] = [];

  constructor(backend: B, name: string) {
    this.#backend = backend;
    this.#name = name;
  }

  /** Queues a plan behind those before it. */
  add(plan: PlanOnCpu): void {
    this.#plans.push(plan);
  }

  /** A result that the caller will own. */
  output<D extends DType>(shape: readonly number[], dtype: D): Output<D, B> {
    const output = new Output(this.#backend, shape, dtype);
    this.#outputs.push(output.slot);
    return output;
  }

  /** A divisor that lives until the job ran. */
  mass(): Mass {
    return this.#temporary(MASS_BYTES);
  }

  /** A tensor as kernels see it, with `dim` as class axis: in place where its strides allow it, else through a copy. */
  alongDim(input: Tensor, dim: number): Operand {
    return this.operand(input, input.shape, input.strides, dim);
  }

  /** One value per row, from a tensor of the rows' shape (`dim` is where the class axis is left out) or a scalar. */
  perRow(input: Tensor, dim: number): Operand {
    const insert = (values: readonly number[], value: number): number[] => values.toSpliced(dim, 0, value);
    if (input.rank === 0) return this.operand(input, [1], [0], 0);
    return this.operand(input, insert(input.shape, 1), insert(input.strides, 0), dim);
  }

  /** In what parts the backend would run the last plan. @throws BackendError `backend-refused` */
  explain(): PlanParts | undefined {
    checkPlans(this.#backend, this.#name, this.#plans);
    const plan = this.#plans.at(-1);
    return plan && this.#backend.explain?.(plan);
  }

  /** Runs all plans. */
  run(): void {
    execute(this.#backend, this.#name, this.#plans, this.#outputs, this.#temporaries);
  }

  /** A view of `shape` and `strides` on a tensor's memory, with `dim` as class axis. */
  operand(input: Tensor, shape: readonly number[], strides: readonly number[], dim: number): Operand {
    const folded = foldRows(shape, strides, dim);
    if (folded !== undefined) return this.inPlace(input, folded);
    return this.copied(input, shape, strides, foldRows(shape, denseStrides(shape), dim) ?? [0, 0, 0]);
  }

  /** The tensor's memory under strides of the caller's. */
  inPlace(input: Tensor, strides: Strides): Operand {
    this.#check(input);
    return { buffer: input.buffer, dtype: input.dtype, offset: input.offset, strides };
  }

  /** A dense copy of a view, under strides of the caller's. */
  copied(input: Tensor, shape: readonly number[], strides: readonly number[], to: Strides): Operand {
    this.#check(input);
    const { buffer, dtype, offset } = input;
    const slot = this.#temporary(sizeOf(shape) * bytesOf(dtype));
    const output = new SlotOperand(slot, dtype, [0, 0, 1]);
    this.add({ kind: "copy", onCpu: copyKernel, shape, input: { buffer, dtype, offset, strides }, output });
    return new SlotOperand(slot, dtype, to);
  }

  #temporary(bytes: number): Slot {
    const slot = new Slot(bytes);
    this.#temporaries.push(slot);
    return slot;
  }

  #check(input: Tensor): void {
    if (input.backend === this.#backend) return;
    const message = `${this.#name}: all tensors must be on one backend; got "${this.#backend.name}" and "${input.backend.name}"`;
    throw new BackendError(
      "backend-mismatch",
      `${message} (another instance counts as another backend); use to(backend)`,
    );
  }
}
