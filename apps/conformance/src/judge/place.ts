import { type Backend, bytesOf, type DType, type Tensor, tensor } from "@surprisal/core";
import { type Input, sizeOf } from "../problem.ts";

/** What lies beside the elements of a view: a kernel that reads there is caught. Index dtypes get an impossible class. */
const BESIDE: Readonly<Record<DType, number>> = {
  f32: NaN,
  f64: NaN,
  f16: NaN,
  bf16: NaN,
  i64: -7,
  i32: -7,
  i16: -7,
  u8: 251,
  bool: 1,
};

/** An input as a tensor in its layout, and the tensor that owns its memory. */
export interface Placed {
  readonly tensor: Tensor;
  readonly owner: Tensor;
}

/** Puts an input on a backend. */
export function place({ dtype, shape, values, layout = "dense" }: Input, backend: Backend): Placed {
  if (layout === "permuted") {
    const reversed = shape.toReversed();
    const owner = tensor(transposed(values, shape), reversed, { dtype, backend });
    return { owner, tensor: owner.permute(reversed.map((_, d) => reversed.length - 1 - d)) };
  }
  if (layout === "sliced" && shape.length > 0) {
    // Two more along the last dim, one on each side.
    const last = shape.at(-1) ?? 0;
    const wide = [...shape.slice(0, -1), last + 2];
    const padded = new Float64Array(sizeOf(wide)).fill(BESIDE[dtype]);
    for (let i = 0; i < values.length; i++) padded[Math.floor(i / last) * (last + 2) + 1 + (i % last)] = values[i] ?? 0;
    const owner = tensor(padded, wide, { dtype, backend });
    return { owner, tensor: owner.slice(shape.length - 1, 1, last + 1) };
  }
  if (layout === "offset" && shape.length > 0) {
    // One more row in front: dense, but not at the start of its memory.
    const rowSize = sizeOf(shape.slice(1));
    const padded = new Float64Array(rowSize + values.length).fill(BESIDE[dtype]);
    padded.set(values, rowSize);
    const owner = tensor(padded, [(shape[0] ?? 0) + 1, ...shape.slice(1)], { dtype, backend });
    return { owner, tensor: owner.slice(0, 1) };
  }
  const owner = tensor(values, shape, { dtype, backend });
  return { owner, tensor: owner };
}

/** Whether two states of a tensor's memory are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Whether they are the same but for the tensor's own elements: it may be a view of something larger. */
export function sameBeside(a: Uint8Array, b: Uint8Array, { shape, strides, offset, size, dtype }: Tensor): boolean {
  const bytes = bytesOf(dtype);
  const own = new Uint8Array(a.length);
  for (let i = 0; i < size; i++) {
    let rest = i;
    let at = offset;
    for (let d = shape.length - 1; d >= 0; d--) {
      at += (rest % (shape[d] ?? 1)) * (strides[d] ?? 0);
      rest = Math.floor(rest / (shape[d] ?? 1));
    }
    own.fill(1, at * bytes, (at + 1) * bytes);
  }
  return a.length === b.length && a.every((byte, i) => own[i] === 1 || byte === b[i]);
}

/** The elements in the order of the reversed dims. */
function transposed(values: Float64Array, shape: readonly number[]): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    let rest = i;
    let at = 0;
    let step = values.length;
    for (let d = shape.length - 1; d >= 0; d--) {
      const size = shape[d] ?? 1;
      step /= size;
      at += (rest % size) * step;
      rest = Math.floor(rest / size);
    }
    result[at] = values[i] ?? 0;
  }
  return result;
}
