import { type Backend, type DeviceBuffer, type HostBackend, isHostBackend } from "./backend.ts";
import { copyKernel } from "./cpu/copy.ts";
import { bytesOf, type DataArrays, type DType, type StorageArrays } from "./dtype.ts";
import { BackendError, DisposedError, OptionError, ShapeError } from "./errors.ts";
import { formatTensor } from "./format.ts";
import type { CopyPlan, PlanOnCpu } from "./plan.ts";
import { denseStrides, inferShape, isDense, normalizeDim, show, sizeOf } from "./shape.ts";
import { allocate, execute, Slot, SlotOperand } from "./slot.ts";
import { storageArray, valuesOf } from "./storage.ts";

/** Memory shared by a tensor and its views; gone for all of them once its owner is disposed. */
interface Storage {
  readonly buffer: DeviceBuffer;
  disposed: boolean;
}

/** Where a tensor's elements lie in its storage, in elements. */
interface Layout {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Nested arrays of a tensor's values. */
export type NestedArray = number | boolean | NestedArray[];

/**
 * An n-dimensional array on one backend. Operations never consume their inputs; a tensor is freed by `dispose()` (or
 * `using`). `reshape`, `permute`, `transpose` and `slice` give views on the same memory, valid until the owner is disposed.
 *
 * @example
 * ```ts
 * import { tensor } from "@surprisal/core";
 * using x = tensor([[0.8, 0.2], [0.3, 0.7]]);
 * console.log(x.shape, await x.transpose(0, 1).toArray());
 * ```
 */
export class Tensor<D extends DType = DType, B extends Backend = Backend> {
  /** Sizes of the dims; `[]` for a single number. */
  readonly shape: readonly number[];
  /** Steps in elements. */
  readonly strides: readonly number[];
  /** First element in the buffer, in elements. */
  readonly offset: number;
  /** Element type. */
  readonly dtype: D;
  /** Where the elements are, and where functions of it are computed. */
  readonly backend: B;
  readonly #storage: Storage;
  readonly #owner: boolean;
  #disposed = false;

  private constructor(dtype: D, backend: B, layout: Layout, storage: Storage, owner: boolean) {
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.offset = layout.offset;
    this.dtype = dtype;
    this.backend = backend;
    this.#storage = storage;
    this.#owner = owner;
  }

  /** A tensor that owns `buffer`: dense from element `offset` on. Users call `tensor()`; this is for operations. */
  static own<D extends DType, B extends Backend>(
    backend: B,
    buffer: DeviceBuffer,
    shape: readonly number[],
    dtype: D,
    offset = 0,
  ): Tensor<D, B> {
    const layout = { shape, strides: denseStrides(shape), offset };
    return new Tensor(dtype, backend, layout, { buffer, disposed: false }, true);
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Number of dims. */
  get rank(): number {
    return this.shape.length;
  }

  /** Whether `dispose()` was called on this tensor or on the owner of its memory. */
  get disposed(): boolean {
    return this.#disposed || this.#storage.disposed;
  }

  /**
   * The backend's memory behind this tensor.
   * @throws DisposedError `disposed`
   */
  get buffer(): DeviceBuffer {
    if (this.disposed) {
      throw new DisposedError("disposed", `this tensor of shape ${show(this.shape)} was disposed and cannot be used`);
    }
    return this.#storage.buffer;
  }

  /**
   * The same elements in row-major order under another shape; one size may be −1. A view where the strides allow it,
   * else a copy.
   * @throws ShapeError `shape` if the sizes do not match
   */
  reshape(...shape: readonly number[] | readonly [readonly number[]]): Tensor<D, B> {
    const to = inferShape(flatten(shape), this.shape);
    if (isDense(this.shape, this.strides)) {
      return this.#viewAs({ shape: to, strides: denseStrides(to), offset: this.offset });
    }
    const copy = this.#copy(this.dtype);
    return new Tensor(
      this.dtype,
      this.backend,
      { shape: to, strides: denseStrides(to), offset: 0 },
      copy.#storage,
      true,
    );
  }

  /** A view with the dims in another order. @throws OptionError `dim` */
  permute(...dims: readonly number[] | readonly [readonly number[]]): Tensor<D, B> {
    const order = flatten(dims).map((dim) => normalizeDim(dim, this.rank, "permute"));
    if (order.length !== this.rank || new Set(order).size !== this.rank) {
      throw new OptionError(
        "dim",
        `permute: dims must name each of the ${this.rank} dims once; got ${show(flatten(dims))}`,
      );
    }
    const pick = (from: readonly number[]): number[] => order.map((dim) => from[dim] ?? 0);
    return this.#viewAs({ shape: pick(this.shape), strides: pick(this.strides), offset: this.offset });
  }

  /** A view with two dims exchanged. @throws OptionError `dim` */
  transpose(dim0: number, dim1: number): Tensor<D, B> {
    const a = normalizeDim(dim0, this.rank, "transpose");
    const b = normalizeDim(dim1, this.rank, "transpose");
    return this.permute(this.shape.map((_, d) => (d === a ? b : d === b ? a : d)));
  }

  /**
   * A view of `start … end − 1` along one dim; negative bounds count from the end.
   * @throws OptionError `dim` or `argument`
   */
  slice(
    dim: number,
    start: number,
    end: number = this.shape[normalizeDim(dim, this.rank, "slice")] ?? 0,
  ): Tensor<D, B> {
    const at = normalizeDim(dim, this.rank, "slice");
    const size = this.shape[at] ?? 0;
    const from = start < 0 ? start + size : start;
    const to = end < 0 ? end + size : end;
    if (this.rank === 0 || !Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > size || from > to) {
      const message = `slice: bounds must be integers with 0 ≤ start ≤ end ≤ ${size} along dim ${at} of ${show(this.shape)}`;
      throw new OptionError("argument", `${message}; got ${start} … ${end}`, { dim, start, end });
    }
    const shape = this.shape.map((n, d) => (d === at ? to - from : n));
    return this.#viewAs({ shape, strides: this.strides, offset: this.offset + from * (this.strides[at] ?? 0) });
  }

  /** The values in another dtype (a new tensor). Floats to integers cut toward zero; anything to bool asks "not 0". */
  cast<E extends DType>(dtype: E): Tensor<E, B> {
    return this.#copy(dtype);
  }

  /** A copy on another backend. */
  async to<C extends Backend>(backend: C): Promise<Tensor<D, C>> {
    const bytes = await this.#bytes();
    const buffer = allocate(backend, bytes.byteLength);
    backend.write(buffer, new Uint8Array(bytes));
    return Tensor.own(backend, buffer, this.shape, this.dtype);
  }

  /**
   * The elements themselves, without a copy, in the backend's memory: host backends and dense tensors only.
   * @throws ShapeError `not-viewable` for a strided view; BackendError `backend-refused` for device memory
   */
  view(this: Tensor<D, HostBackend>): StorageArrays[D] {
    if (!isHostBackend(this.backend)) {
      throw new BackendError(
        "backend-refused",
        `view: memory of backend "${(this.backend as Backend).name}" cannot be seen; use await data()`,
      );
    }
    if (!isDense(this.shape, this.strides)) {
      throw new ShapeError(
        "not-viewable",
        `view: strides ${show(this.strides)} of ${show(this.shape)} are not dense; use await data()`,
      );
    }
    const { bytes, byteOffset } = this.backend.view(this.buffer);
    return storageArray(this.dtype, bytes, byteOffset + this.offset * bytesOf(this.dtype), this.size);
  }

  /** A copy of the elements in row-major order; f16 and bf16 come as f32 values, i64 as bigint. */
  async data(): Promise<DataArrays[D]> {
    return valuesOf(this.dtype, await this.#bytes());
  }

  /**
   * The value of a tensor with one element, as a number (bool as 0 or 1).
   * @throws ShapeError `shape` for any other size; OptionError `argument` for an i64 beyond ±(2^53 − 1)
   */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new ShapeError("shape", `item: one element required; this tensor has shape ${show(this.shape)}`);
    return toNumber((await this.data())[0] ?? 0);
  }

  /** The values as nested arrays of numbers (booleans for bool). @throws OptionError `argument` as `item` */
  async toArray(): Promise<NestedArray> {
    const data = await this.data();
    let next = 0;
    const nest = (dim: number): NestedArray => {
      if (dim === this.rank) {
        const value = toNumber(data[next++] ?? 0);
        return this.dtype === "bool" ? value !== 0 : value;
      }
      return Array.from({ length: this.shape[dim] ?? 0 }, () => nest(dim + 1));
    };
    return nest(0);
  }

  /** The text that PyTorch prints, e.g. `tensor([[0.8000, 0.2000], [0.3000, 0.7000]])`; dtypes by our names. */
  async format(): Promise<string> {
    return formatTensor(await this.data(), this.shape, this.dtype);
  }

  /** Writes `format()` to the console, and returns it. */
  async print(): Promise<string> {
    const text = await this.format();
    console.log(text);
    return text;
  }

  /** Frees the memory if this tensor owns it; a view only ends itself. Idempotent. */
  dispose(): void {
    if (this.#owner && !this.#storage.disposed) {
      this.#storage.disposed = true;
      this.backend.free(this.#storage.buffer);
    }
    this.#disposed = true;
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A summary without values. */
  toString(): string {
    return `Tensor(${show(this.shape)}, ${this.dtype}, ${this.backend.name})`;
  }

  #viewAs(layout: Layout): Tensor<D, B> {
    void this.buffer; // throws if disposed
    return new Tensor(this.dtype, this.backend, layout, this.#storage, false);
  }

  #copy<E extends DType>(dtype: E): Tensor<E, B> {
    const slot = new Slot(this.size * bytesOf(dtype));
    const { shape, buffer, offset, strides } = this;
    const input = { buffer, dtype: this.dtype, offset, strides };
    const output = new SlotOperand(slot, dtype, [0, 0, 1]);
    const plan: PlanOnCpu<CopyPlan> = { kind: "copy", onCpu: copyKernel, shape, input, output };
    execute(this.backend, "copy", [plan], [slot], []);
    return Tensor.own(this.backend, slot.buffer, shape, dtype);
  }

  /** The elements' bytes, dense and in row-major order. */
  async #bytes(): Promise<ArrayBuffer> {
    const { buffer, backend } = this;
    if (!isDense(this.shape, this.strides)) {
      using dense = this.#copy(this.dtype);
      return await dense.#bytes();
    }
    const start = this.offset * bytesOf(this.dtype);
    return backend.read(buffer, start, start + this.size * bytesOf(this.dtype));
  }
}

function toNumber(value: number | bigint): number {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(number)) {
    throw new OptionError("argument", `the i64 ${value} is not exact as a number; use await data()`, { value });
  }
  return number;
}

function flatten(values: readonly number[] | readonly [readonly number[]]): readonly number[] {
  const [first] = values;
  return typeof first === "object" ? first : (values as readonly number[]);
}
