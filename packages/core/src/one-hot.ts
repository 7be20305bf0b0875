import { checkIndices } from "./checks.ts";
import { type Backend, isHostBackend } from "./backend.ts";
import { oneHotKernel } from "./cpu/one-hot.ts";
import type { DType } from "./dtype.ts";
import { DataError, OptionError } from "./errors.ts";
import { Job } from "./job.ts";
import { checkOptions, safeInteger } from "./options.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `oneHot`. */
export interface OneHotOptions<D extends DType = DType> {
  /** Number of classes. Default (or −1): the largest index + 1, on backends whose memory can be seen. */
  readonly classes?: number;
  /** Of the result. Default i64, as PyTorch; take a floating one for target probabilities. */
  readonly dtype?: D;
}

/**
 * One-hot vectors of class indices along a new last dim, as `torch.nn.functional.one_hot`.
 *
 * @param indices any shape, i64, i32, i16 or u8
 * @returns `[…, classes]`, 1 at the index and 0 elsewhere
 * @throws DTypeError `target-dtype`; OptionError `option-unknown`, `option-value`; DataError `target-range` for an index
 *   that is negative or ≥ classes, `value-range` for no indices and no `classes`
 * @example
 * ```ts
 * import { oneHot, tensor } from "@surprisal/core";
 * const labels = tensor([0, 1, 0], [3], { dtype: "i64" });
 * console.log(await oneHot(labels).toArray()); // [[1,0],[0,1],[1,0]]
 * ```
 */
export function oneHot<B extends Backend, D extends DType = "i64">(
  indices: Tensor<DType, B>,
  options: OneHotOptions<D> = {},
): Tensor<D, B> {
  checkOptions("oneHot", options, ["classes", "dtype"]);
  checkIndices("oneHot", "indices", indices);
  const classes = options.classes === undefined || options.classes === -1 ? inferClasses(indices) : options.classes;
  safeInteger("oneHot", "classes", classes, 1);
  const job = new Job(indices.backend, "oneHot");
  const rows = { outer: indices.size, classes, inner: 1 };
  const output = job.output([...indices.shape, classes], options.dtype ?? ("i64" as D));
  const input = job.perRow(indices, indices.rank);
  job.add({ kind: "one-hot", onCpu: oneHotKernel, rows, indices: input, output: output.perElement(rows) });
  job.run();
  return output.tensor();
}

function inferClasses(indices: Tensor): number {
  if (!isHostBackend(indices.backend)) {
    throw new OptionError(
      "option-value",
      `oneHot: classes is required on backend "${indices.backend.name}", whose memory cannot be seen`,
    );
  }
  if (indices.size === 0) {
    throw new DataError("value-range", "oneHot: classes cannot be inferred from an empty tensor; give classes");
  }
  using dense = indices.cast("f64");
  const values = (dense as Tensor<"f64", typeof indices.backend>).view();
  return Math.max(values.reduce((max, value) => Math.max(max, value), 0) + 1, 1);
}
