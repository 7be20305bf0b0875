import type { CopyPlan, DType } from "@surprisal/core";
import { bind, type Dispatch } from "../kernel.ts";
import { dispatch, type Planner } from "./planner.ts";

const FLOATS: ReadonlySet<DType> = new Set(["f32", "f16", "bf16"]);

/** One kernel, of an invocation for each element. */
export function copy({ shape, input, output }: CopyPlan, { words, group }: Planner): Dispatch[] {
  const count = shape.reduce((product, size) => product * size, 1);
  const dims = words(Uint32Array.from(shape.flatMap((size, d) => [size, input.strides[d] ?? 0])));
  const [fromFloat, toFloat] = [FLOATS.has(input.dtype), FLOATS.has(output.dtype)];
  const conversion = fromFloat ? "TO_INTEGER" : "INTEGERS";
  const plain = toFloat || (fromFloat && output.dtype === "bool");
  return [
    dispatch({
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
    }),
  ];
}
