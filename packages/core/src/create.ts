import { type Backend, type DeviceBuffer, type HostBackend, isHostBackend } from "./backend.ts";
import { cpu } from "./cpu/backend.ts";
import { bytesOf, type DType, DTYPES, type StorageArrays } from "./dtype.ts";
import { DTypeError, OptionError, ShapeError } from "./errors.ts";
import { encodeHalf } from "./half.ts";
import { checkOptions, oneOf } from "./options.ts";
import { checkShape, show, sizeOf } from "./shape.ts";
import { allocate } from "./slot.ts";
import { newStorage, storageArray } from "./storage.ts";
import { Tensor } from "./tensor.ts";

/** Typed arrays that a tensor can be made of. */
export type TensorArray = StorageArrays[DType] | Uint8ClampedArray;
/** Numbers, booleans or bigints, nested to any depth. */
export type TensorLiteral = number | boolean | bigint | readonly TensorLiteral[];

/** Where and as what a tensor is made. */
export interface CreateOptions<D extends DType = DType, B extends Backend = Backend> {
  /** Element type. Default: that of the typed array; f32 for numbers, i64 for bigints, bool for booleans. */
  readonly dtype?: D;
  /** Default: the cpu backend. */
  readonly backend?: B;
}

const CREATE_OPTIONS = ["dtype", "backend"] as const;

/**
 * A tensor of the given values. On a backend that computes in ordinary memory (cpu) a typed array of the tensor's own
 * dtype is wrapped, not copied. A `Uint16Array` holds the bits of f16 or bf16, so it needs the `dtype`.
 *
 * @param data typed array, number, or nested arrays; without a shape its own: the nesting's, or `[length]`
 * @throws ShapeError `shape`, `data-length`; DTypeError `dtype`; OptionError `option-unknown`, `argument` (a value that
 *   an integer dtype cannot hold)
 * @example
 * ```ts
 * import { tensor } from "@surprisal/core";
 * const logits = tensor(new Float32Array(6), [3, 2]);
 * const target = tensor([0, 1, 0], [3], { dtype: "i64" });
 * const nested = tensor([[0.8, 0.2], [0.3, 0.7]]);
 * ```
 */
export function tensor<D extends DType = DType, B extends Backend = HostBackend>(
  data: TensorArray | TensorLiteral,
  options?: CreateOptions<D, B>,
): Tensor<D, B>;
/**
 * The same with a shape.
 *
 * @param data its length must be the product of `shape`
 * @param shape sizes of the dims; `[]` for a single number
 */
export function tensor<D extends DType = DType, B extends Backend = HostBackend>(
  data: TensorArray | TensorLiteral,
  shape?: readonly number[],
  options?: CreateOptions<D, B>,
): Tensor<D, B>;
export function tensor(
  data: TensorArray | TensorLiteral,
  shapeOrOptions?: readonly number[] | CreateOptions,
  maybeOptions: CreateOptions = {},
): Tensor {
  const noShape = shapeOrOptions === undefined || !Array.isArray(shapeOrOptions);
  const options = noShape ? ((shapeOrOptions as CreateOptions | undefined) ?? maybeOptions) : maybeOptions;
  checkOptions("tensor", options, CREATE_OPTIONS);
  const values = ArrayBuffer.isView(data) ? data : flatten(data);
  const dtype = checkDType(options.dtype ?? naturalDType(values), "tensor");
  const shape = noShape ? naturalShape(data) : (shapeOrOptions as readonly number[]);
  checkShape(shape, "tensor");
  if (sizeOf(shape) !== values.length) {
    const message = `tensor: shape ${show(shape)} needs ${sizeOf(shape)} values; got ${values.length}`;
    throw new ShapeError("data-length", message, { shape, length: values.length });
  }
  const stored = hasStorageOf(values, dtype) ? values : convert(values, dtype);
  return place(stored, [...shape], dtype, options.backend ?? cpu());
}

/** A tensor over `stored` (already in the dtype's storage): wrapped where the backend can, else written. */
function place<B extends Backend>(
  stored: ArrayBufferView,
  shape: readonly number[],
  dtype: DType,
  backend: B,
): Tensor<DType, B> {
  if (isHostBackend(backend) && backend.wrap !== undefined) {
    const buffer = backend.wrap(stored.buffer);
    return Tensor.own(backend, buffer, shape, dtype, stored.byteOffset / bytesOf(dtype));
  }
  const buffer: DeviceBuffer = allocate(backend, stored.byteLength);
  backend.write(buffer, stored);
  return Tensor.own(backend, buffer, shape, dtype);
}

/**
 * A tensor of zeros. Default dtype f32, default backend cpu.
 * @throws ShapeError `shape`
 * @example
 * ```ts
 * import { zeros } from "@surprisal/core";
 * await zeros([2, 2]).print();
 * ```
 */
export function zeros<D extends DType = "f32", B extends Backend = HostBackend>(
  shape: readonly number[],
  options: CreateOptions<D, B> = {},
): Tensor<D, B> {
  return full(shape, 0, options);
}

/**
 * A tensor with one value throughout. Default dtype f32, default backend cpu.
 * @throws ShapeError `shape`; OptionError `argument`
 * @example
 * ```ts
 * import { full } from "@surprisal/core";
 * console.log(await full([3], 0.5).toArray()); // [0.5,0.5,0.5]
 * ```
 */
export function full<D extends DType = "f32", B extends Backend = HostBackend>(
  shape: readonly number[],
  value: number | boolean,
  options: CreateOptions<D, B> = {},
): Tensor<D, B> {
  checkOptions("full", options, CREATE_OPTIONS);
  checkShape(shape, "full");
  const dtype = checkDType(options.dtype ?? "f32", "full");
  const [element] = convert([value], dtype);
  const backend: Backend = options.backend ?? cpu();
  const length = sizeOf(shape);
  if (isHostBackend(backend)) {
    // Where it stays: at this moment it may be the largest thing there is.
    const buffer = allocate(backend, length * bytesOf(dtype));
    const { bytes, byteOffset } = backend.view(buffer);
    storageArray<DType>(dtype, bytes, byteOffset, length).fill(element as never);
    return Tensor.own<DType, Backend>(backend, buffer, [...shape], dtype) as Tensor<D, B>;
  }
  const stored = newStorage<DType>(dtype, length);
  if (value !== 0) stored.fill(element as never);
  return place(stored, [...shape], dtype, backend) as Tensor<D, B>;
}

/**
 * `[start, start + step, …)` up to but without `end`: `arange(4)` is 0 1 2 3. Default dtype i64 where all three are
 * integers, else f32.
 * @throws OptionError `argument`
 * @example
 * ```ts
 * import { arange } from "@surprisal/core";
 * console.log(await arange(1, 2, { step: 0.25 }).toArray()); // [1,1.25,1.5,1.75]
 * ```
 */
export function arange<D extends DType = DType, B extends Backend = HostBackend>(
  start: number,
  end?: number,
  options: CreateOptions<D, B> & { readonly step?: number } = {},
): Tensor<D, B> {
  checkOptions("arange", options, [...CREATE_OPTIONS, "step"]);
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const step = options.step ?? 1;
  const steps = (to - from) / step;
  if (!Number.isFinite(steps) || steps < 0) {
    throw new OptionError(
      "argument",
      `arange: finite bounds and a step toward the end required; got ${from} … ${to} by ${step}`,
    );
  }
  const length = Math.ceil(steps) + 0; // never −0
  const whole = Number.isInteger(from) && Number.isInteger(step);
  const dtype = options.dtype ?? (whole ? "i64" : "f32");
  const values = Float64Array.from({ length }, (_, i) => from + i * step);
  return tensor(values, [length], { dtype, backend: options.backend ?? cpu() }) as Tensor<D, B>;
}

type Values = TensorArray | readonly (number | boolean | bigint)[];

function flatten(data: TensorLiteral): readonly (number | boolean | bigint)[] {
  return typeof data === "object"
    ? ((data as readonly unknown[]).flat(Infinity) as (number | boolean | bigint)[])
    : [data];
}

/** The nesting's shape; every list at one depth must have the same length. */
function naturalShape(data: TensorArray | TensorLiteral): number[] {
  if (ArrayBuffer.isView(data)) return [data.length];
  if (typeof data !== "object") return [];
  const [first] = data;
  if (first === undefined) return [0];
  const inner = naturalShape(first);
  for (const item of data) {
    if (show(naturalShape(item)) !== show(inner)) {
      throw new ShapeError(
        "shape",
        `tensor: nested arrays must have equal lengths; got ${show(inner)} and ${show(naturalShape(item))}`,
      );
    }
  }
  return [data.length, ...inner];
}

function naturalDType(values: Values): DType {
  if (values instanceof Float32Array) return "f32";
  if (values instanceof Float64Array) return "f64";
  if (values instanceof BigInt64Array) return "i64";
  if (values instanceof Int32Array) return "i32";
  if (values instanceof Int16Array) return "i16";
  if (values instanceof Uint8Array || values instanceof Uint8ClampedArray) return "u8";
  if (ArrayBuffer.isView(values)) {
    const kind = Object.prototype.toString.call(values).slice(8, -1);
    if (kind === "Float16Array") return "f16";
    throw new DTypeError(
      "dtype",
      `tensor: a ${kind} needs a dtype${kind === "Uint16Array" ? ` ("f16" or "bf16" for its bits)` : ""}`,
    );
  }
  if (typeof values[0] === "bigint") return "i64";
  return typeof values[0] === "boolean" ? "bool" : "f32";
}

function hasStorageOf(values: Values, dtype: DType): values is StorageArrays[DType] {
  if (!ArrayBuffer.isView(values)) return false;
  if (dtype === "f16" || dtype === "bf16") {
    return values instanceof Uint16Array || (dtype === "f16" && naturalDType(values) === "f16");
  }
  return (
    !(values instanceof Uint16Array) &&
    (dtype === "bool" ? naturalDType(values) === "u8" : naturalDType(values) === dtype)
  );
}

function convert(values: Values, dtype: DType): StorageArrays[DType] {
  const stored = newStorage<DType>(dtype, values.length);
  const { kind, min, max } = DTYPES[dtype];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const number = Number(value);
    const fits =
      typeof value === "bigint" && dtype === "i64"
        ? BigInt.asIntN(64, value) === value
        : Number.isInteger(number) && number >= min && number <= max;
    if (kind === "integer" && !fits) {
      throw new OptionError("argument", `tensor: ${dtype} holds integers in [${min}, ${max}]; value ${i} is ${value}`, {
        at: i,
        value,
      });
    }
    if (stored instanceof BigInt64Array) stored[i] = BigInt(value);
    else if (dtype === "f16" || dtype === "bf16") stored[i] = encodeHalf(number, dtype);
    else stored[i] = kind === "bool" ? Number(number !== 0) : number;
  }
  return stored;
}

function checkDType(dtype: unknown, where: string): DType {
  return oneOf(where, "dtype", dtype, Object.keys(DTYPES) as DType[]);
}
