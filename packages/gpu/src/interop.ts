import { type Backend, bytesOf, type DType, OptionError, ShapeError, Tensor } from "@surprisal/core";
import { GpuBackend } from "./backend.ts";
import { GpuBuffer, gpuBuffer } from "./buffer.ts";
import { COPY_SRC, STORAGE } from "./constants.ts";

/** How a buffer holds a tensor. */
export interface FromGpuBufferOptions<D extends DType = DType> {
  /** Default: f32. */
  readonly dtype?: D;
  /** First element in the buffer, in elements. Default: 0. */
  readonly offset?: number;
}

/** @throws OptionError `argument` for another backend */
function gpuBackend(backend: Backend, where: string): GpuBackend {
  if (backend instanceof GpuBackend) return backend;
  throw new OptionError("argument", `${where} needs a backend that gpu() made; got "${backend.name}"`);
}

/**
 * A tensor over a buffer of the user's, without a copy: dense, in row-major order. The buffer must be of the backend's device, with the usages
 * STORAGE and COPY_SRC. It stays the user's: `dispose()` leaves it alone, and it has to live as long as the tensor is used.
 *
 * @param shape its elements must fit into the buffer from `offset` on
 * @throws OptionError `argument`; ShapeError `data-length` where the buffer is too small
 * @example
 * ```ts
 * import { crossEntropy, tensor } from "@surprisal/core";
 * import { fromGpuBuffer, gpu, gpuBufferOf } from "@surprisal/gpu";
 * const backend = await gpu();
 * const yours = gpuBufferOf(tensor([[2, 1], [0, 3]], { backend }));
 * const logits = fromGpuBuffer(backend, yours, [2, 2]);
 * const loss = crossEntropy(logits, tensor([0, 1], { dtype: "i32", backend }));
 * console.log((await loss.item()).toFixed(4)); // 0.1809
 * backend.dispose();
 * ```
 */
export function fromGpuBuffer<D extends DType = "f32">(
  backend: Backend,
  buffer: GPUBuffer,
  shape: readonly number[],
  options: FromGpuBufferOptions<D> = {},
): Tensor<D> {
  gpuBackend(backend, "fromGpuBuffer");
  const { dtype = "f32" as D, offset = 0 } = options;
  const needed = STORAGE | COPY_SRC;
  if ((buffer.usage & needed) !== needed || buffer.size % 4 !== 0) {
    const message =
      "fromGpuBuffer: the buffer needs the usages STORAGE and COPY_SRC, and a size in whole words of 4 bytes";
    throw new OptionError("argument", message);
  }
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new OptionError("argument", `fromGpuBuffer: offset must be a whole number of elements; got ${offset}`);
  }
  const count = shape.reduce((product, size) => product * size, 1);
  const bytes = (offset + count) * bytesOf(dtype);
  if (!(bytes <= buffer.size)) {
    const message = `fromGpuBuffer: shape [${shape.join(", ")}] of ${dtype} from element ${offset} on needs ${bytes} bytes; the buffer has ${buffer.size}`;
    throw new ShapeError("data-length", message, { shape, bytes, size: buffer.size });
  }
  return Tensor.own(backend, new GpuBuffer(buffer.size, buffer, false), [...shape], dtype, offset);
}

/**
 * The buffer behind a tensor on the gpu backend, for kernels of one's own: element 0 is at `tensor.offset`, the others at `tensor.strides`.
 * It is the backend's: valid until the tensor is disposed. What went wrong with the tensor is told where the tensor is read, not here.
 *
 * @throws DisposedError `disposed`; OptionError `argument` for a tensor of another backend
 * @example
 * ```ts
 * import { softmax, tensor } from "@surprisal/core";
 * import { gpu, gpuBufferOf } from "@surprisal/gpu";
 * const backend = await gpu();
 * const shares = softmax(tensor([1, 2, 3], { backend }));
 * console.log(gpuBufferOf(shares).size >= 12); // true
 * backend.dispose();
 * ```
 */
export function gpuBufferOf({ backend, buffer }: Tensor): GPUBuffer {
  gpuBackend(backend, "gpuBufferOf");
  return gpuBuffer(buffer).device;
}

/**
 * Compiles the kernels of what `call` computes, ahead and without holding anything up, so that its first run does not wait for
 * them. Nothing is computed: results of `call` have no values and are only good to be disposed of. Kernels depend on options, dtypes and
 * the kind of shape, hardly on sizes.
 *
 * @param call makes the calls, all of them before it returns
 * @throws OptionError `argument` for another backend; what `call` throws
 * @example
 * ```ts
 * import { crossEntropyWithGrad, randint, randn } from "@surprisal/core";
 * import { gpu, prepare } from "@surprisal/gpu";
 * const backend = await gpu();
 * const logits = randn([64, 1000], { seed: 1, backend });
 * const target = randint(0, 1000, [64], { seed: 2, backend });
 * await prepare(backend, () => {
 *   const { loss, grad } = crossEntropyWithGrad(logits, target);
 *   loss.dispose();
 *   grad.dispose();
 * });
 * backend.dispose();
 * ```
 */
export async function prepare(backend: Backend, call: () => unknown): Promise<void> {
  await gpuBackend(backend, "prepare").prepare(call);
}
