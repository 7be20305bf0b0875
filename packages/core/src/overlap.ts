import { type HostBackend, isHostBackend } from "./backend.ts";
import { bytesOf } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

/** Whether two tensors may share elements: on host backends by where they lie, elsewhere by their buffer. */
export function overlap(a: Tensor, b: Tensor): boolean {
  if (!isHostBackend(a.backend) || !isHostBackend(b.backend)) return a.buffer === b.buffer;
  const [first, second] = [extentOf(a, a.backend), extentOf(b, b.backend)];
  return first.bytes === second.bytes && first.start < second.end && second.start < first.end;
}

/** The bytes from a tensor's first element to its last; no stride is negative. */
function extentOf(tensor: Tensor, backend: HostBackend): { bytes: ArrayBufferLike; start: number; end: number } {
  const { bytes, byteOffset } = backend.view(tensor.buffer);
  const last = tensor.shape.reduce((at, size, dim) => at + Math.max(size - 1, 0) * (tensor.strides[dim] ?? 0), 0);
  const start = byteOffset + tensor.offset * bytesOf(tensor.dtype);
  return { bytes, start, end: start + (last + 1) * bytesOf(tensor.dtype) };
}
