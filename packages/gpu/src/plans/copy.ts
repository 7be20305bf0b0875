import type { CopyPlan, DType, Operand } from "@surprisal/core";
import { bind, type Dispatch } from "../kernel.ts";
import { canBind, windowed } from "./boxes.ts";
import { dispatch, type Planner } from "./planner.ts";

const FLOATS: ReadonlySet<DType> = new Set(["f32", "f16", "bf16"]);

/** One kernel; more where the buffers cannot be bound as a whole. */
export function copy({ shape, input, output }: CopyPlan, planner: Planner): Dispatch[] {
  const { mostBytes } = planner;
  const count = shape.reduce((product, size) => product * size, 1);
  const extent = shape.reduce((sum, size, d) => sum + Math.max(0, size - 1) * (input.strides[d] ?? 0), 1);
  const along = shape.findIndex((size) => size > 1);
  if (along < 0 || (canBind(input, extent, mostBytes) && canBind(output, count, mostBytes))) {
    const from = windowed(input, input.offset, extent, mostBytes);
    const to = windowed(output, output.offset, count, mostBytes);
    return [copyOf(shape, input.strides, from, to, planner)];
  }
  const size = shape[along] ?? 1;
  const half = Math.ceil(size / 2);
  const some = (start: number, length: number): Dispatch[] => {
    const offset = input.offset + start * (input.strides[along] ?? 0);
    const part: CopyPlan = {
      kind: "copy",
      shape: shape.with(along, length),
      input: { ...input, buffer: input.buffer, offset },
      output: { ...output, buffer: output.buffer, offset: output.offset + start * (count / size) },
    };
    return copy(part, planner);
  };
  return [...some(0, half), ...some(half, size - half)];
}

/** A kernel of an invocation for each element. */
export function copyOf(
  shape: readonly number[],
  strides: readonly number[],
  input: Omit<Operand, "strides">,
  output: Operand,
  { words, group }: Planner,
): Dispatch {
  const count = shape.reduce((product, size) => product * size, 1);
  const dims = words(Uint32Array.from(shape.flatMap((size, d) => [size, strides[d] ?? 0])));
  const [fromFloat, toFloat] = [FLOATS.has(input.dtype), FLOATS.has(output.dtype)];
  const conversion = fromFloat ? "TO_INTEGER" : "INTEGERS";
  const plain = toFloat || (fromFloat && output.dtype === "bool");
  return dispatch({
    shaders: ["copy"],
    flags: plain ? [] : [conversion],
    constants: { GROUP: group },
    integers: { offset: input.offset, to: output.offset, rank: shape.length, count },
    given: {
      bindings: [
        bind("input", input, "in"),
        { name: "dims", buffer: dims, dtype: "words", access: "in" },
        bind("output", output, "out"),
      ],
      operands: {},
    },
    groups: Math.ceil(count / group),
  });
}
