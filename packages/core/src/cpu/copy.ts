import type { CpuKernel } from "../backend.ts";
import type { CopyPlan, Operand } from "../plan.ts";
import { denseStrides, foldTogether, sizeOf } from "../shape.ts";
import { blocksOf } from "./mass.ts";
import { memoryOf } from "./memory.ts";
import { load, newTile, store, tilingOf } from "./tile.ts";

/** A dense copy of any view, converted to the output's dtype; i64 to i64 word by word, since f64 does not hold it all. */
export const copyKernel: CpuKernel<CopyPlan> = { run: copy };

function copy({ shape, input, output }: CopyPlan): void {
  const dense = denseStrides(shape);
  const folded = foldTogether(shape, [input.strides, dense]);
  if (folded === undefined) {
    // More than three dims that do not merge: slice by slice along the first.
    const [size = 0, ...rest] = shape;
    const [inputStep = 0, ...inputStrides] = input.strides;
    for (let i = 0; i < size; i++) {
      const from = { ...slice(input), strides: inputStrides, offset: input.offset + i * inputStep };
      const to = { ...slice(output), strides: output.strides, offset: output.offset + i * sizeOf(rest) };
      copy({ kind: "copy", shape: rest, input: from, output: to });
    }
    return;
  }
  const { rows } = folded;
  const [inputStrides = [0, 0, 0], outputStrides = [0, 0, 0]] = folded.strides;
  const from: Operand = { ...slice(input), offset: input.offset, strides: inputStrides };
  const to: Operand = { ...slice(output), offset: output.offset, strides: outputStrides };
  if (input.dtype === "i64" && output.dtype === "i64") return copyWords(from, to, rows.outer, rows.classes, rows.inner);
  const tiling = tilingOf(rows, false);
  const tile = newTile(tiling);
  for (const block of blocksOf(rows, tiling.rows)) {
    for (let start = 0; start < rows.classes; start += tiling.width) {
      const width = Math.min(tiling.width, rows.classes - start);
      load(from, block, start, width, tile, tiling.pitch);
      store(to, block, start, width, tile, tiling.pitch);
    }
  }
}

function slice({ buffer, dtype }: Pick<Operand, "buffer" | "dtype">): Pick<Operand, "buffer" | "dtype"> {
  return { buffer, dtype };
}

function copyWords(from: Operand, to: Operand, outer: number, classes: number, inner: number): void {
  const source = memoryOf(from.buffer).words();
  const target = memoryOf(to.buffer).words();
  for (let o = 0; o < outer; o++) {
    for (let c = 0; c < classes; c++) {
      for (let i = 0; i < inner; i++) {
        const a = 2 * (from.offset + o * from.strides[0] + c * from.strides[1] + i * from.strides[2]);
        const b = 2 * (to.offset + o * to.strides[0] + c * to.strides[1] + i * to.strides[2]);
        target[b] = source[a] as number;
        target[b + 1] = source[a + 1] as number;
      }
    }
  }
}
