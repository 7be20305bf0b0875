import type { CrossEntropyPlan, HostBackend, Operand } from "@surprisal/core";
import { roundTo, ulp } from "../oracle/rounding.ts";
import { sizeOf } from "../problem.ts";
import { elementsOf } from "./elements.ts";
import { type Mutant, type Mutation, rewritten, running, touched, touchedGradient } from "./mutant.ts";

/** Digits that a backend loses, and what is not a number that it makes one. */
export const NUMERICS: readonly Mutant[] = [
  {
    name: "NaN turned into 0",
    address: "cross-entropy/index/mean:shape=7x33;regime=nan",
    stages: ["class"],
    mutate: rewritten((value) => (Number.isNaN(value) ? 0 : value)),
  },
  {
    name: "NaN turned into infinity",
    address: "cross-entropy/index/mean:shape=7x33;regime=nan",
    stages: ["class"],
    mutate: rewritten((value) => (Number.isNaN(value) ? Infinity : value)),
  },
  {
    name: "−∞ turned into a large negative number",
    address: "log-softmax:shape=7x33;regime=masked;upstream=given",
    stages: ["class"],
    mutate: rewritten((value) => (value === -Infinity ? -1e30 : value)),
  },
  {
    name: "−∞ turned into the dtype's lowest number",
    address: "log-softmax:shape=7x33;dtype=f64;regime=masked",
    stages: ["class"],
    mutate: rewritten((value) => (value === -Infinity ? -Number.MAX_VALUE : value)),
  },
  {
    name: "+∞ clamped to the dtype's largest number",
    address: "cross-entropy/index/none:shape=3x5x4;regime=masked;smoothing=0.1",
    stages: ["class"],
    mutate: rewritten((value) => Math.min(value, 3.4028234663852886e38)),
  },
  {
    name: "+∞ turned into NaN",
    address: "cross-entropy/index/none:shape=3x5x4;regime=masked;smoothing=0.1",
    stages: ["class"],
    mutate: rewritten((value) => (value === Infinity ? NaN : value)),
  },
  {
    name: "−∞ turned into +∞",
    address: "log-softmax:shape=7x33;regime=masked;upstream=given",
    stages: ["class"],
    mutate: rewritten((value) => (value === -Infinity ? Infinity : value)),
  },
  {
    name: "the log-sum-exp of masked rows NaN",
    address: "log-sum-exp:shape=7x33;regime=all-masked;upstream=given",
    stages: ["class"],
    mutate: touched((output, _name, plan) => {
      if (plan.kind === "softmax" && plan.upstream === undefined) {
        output.map((value) => (value === -Infinity ? NaN : value));
      }
    }),
  },
  {
    name: "an exact zero almost zero",
    address: "softmax:shape=7x33;regime=masked;upstream=given",
    stages: ["class"],
    mutate: rewritten((value) => (value === 0 ? 1e-30 : value)),
  },
  {
    name: "losses clamped at −log 1e-9",
    address: "cross-entropy/index/none:shape=3x5x4;regime=wide;compat=torch",
    stages: ["interval"],
    mutate: touched((output, name) => {
      if (name === "loss") output.map((value) => Math.min(value, -Math.log(1e-9)));
    }),
  },
  {
    name: "losses as logSumExp − x_y in f32, at an offset",
    address: "cross-entropy/index/none:shape=3x5x4;regime=offset-1e4",
    stages: ["interval"],
    mutate: touched((output, name, plan, inner) => {
      if (name !== "loss" || plan.kind !== "cross-entropy") return;
      output.map((_loss, { outer, inner: position }) => {
        const { logSumExp, own } = rowOf(inner, plan, outer, position);
        return Math.fround(Math.fround(logSumExp) - own);
      });
    }),
  },
  {
    name: "losses as −log p in f32, of confident rows",
    address: "cross-entropy/index/none:shape=7x33;regime=confident",
    stages: ["interval"],
    mutate: touched((output, name, plan, inner) => {
      if (name !== "loss" || plan.kind !== "cross-entropy") return;
      output.map((_loss, { outer, inner: position }) => {
        const { logSumExp, own } = rowOf(inner, plan, outer, position);
        return -Math.log(Math.fround(Math.exp(own - logSumExp)));
      });
    }),
  },
  {
    name: "gradients as p − 1 in f32, of confident rows",
    address: "cross-entropy/index/sum:shape=7x33;regime=confident",
    stages: ["interval"],
    mutate: touchedGradient((gradient, plan, inner) => {
      gradient.map((value, { outer, c, inner: position }) => {
        const { logSumExp, own, label } = rowOf(inner, plan, outer, position);
        return c === label ? Math.fround(Math.fround(Math.exp(own - logSumExp)) - 1) : value;
      });
    }),
  },
  {
    name: "gradients doubled where logits are huge",
    address: "cross-entropy/index/mean:shape=3x5x4;regime=huge",
    stages: ["interval"],
    mutate: touchedGradient((gradient, { logits, rows }, inner) => {
      const huge = elementsOf(inner, logits, rows);
      gradient.map(
        (value, { outer, inner: position }) => value * (Math.abs(huge.get(outer, 0, position)) > 1e38 ? 2 : 1),
      );
    }),
  },
  {
    name: "f32 rounded through bf16",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["interval"],
    mutate: rewritten((value) => roundTo("bf16", value)),
  },
  {
    name: "f32 gradients rounded through f16",
    address: "cross-entropy/index/mean:shape=7x33;regime=confident",
    stages: ["interval"],
    mutate: touchedGradient((gradient) => gradient.map((value) => roundTo("f16", value))),
  },
  {
    name: "f64 computed in f32",
    address: "softmax:shape=3x2x4;dtype=f64;upstream=given",
    stages: ["interval"],
    mutate: rewritten((value) => Math.fround(value)),
  },
  {
    name: "f64 losses computed in f32",
    address: "cross-entropy/index/none:shape=7x33;dtype=f64;regime=masked",
    stages: ["interval"],
    mutate: rewritten((value) => Math.fround(value)),
  },
  {
    name: "an exponential wrong in its tenth digit",
    address: "softmax:shape=3x2x4;dtype=f64;upstream=given",
    stages: ["interval"],
    mutate: rewritten((value) => value * (1 + 1e-10)),
  },
  {
    name: "an f32 wrong in its sixth digit",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["interval"],
    mutate: rewritten((value) => value * (1 + 1e-5)),
  },
  {
    name: "bf16 rounded toward zero",
    address: "softmax:shape=3x2x17;dtype=bf16;upstream=given",
    stages: ["interval"],
    mutate: running((plan, inner) => {
      if (plan.kind !== "softmax" || plan.output.dtype !== "bf16") return inner.run([plan]);
      const { outer, classes, inner: inners } = plan.rows;
      const buffer = inner.alloc(4 * outer * classes * inners);
      const wide: Operand = { ...plan.output, buffer, dtype: "f32", offset: 0 };
      inner.run([{ ...plan, output: wide }]);
      const from = elementsOf(inner, wide, plan.rows);
      elementsOf(inner, plan.output, plan.rows).map((_value, place) =>
        towardZero(from.get(place.outer, place.c, place.inner)),
      );
      inner.free(buffer);
    }),
  },
  {
    name: "bf16 rounded away from zero where it is half-way",
    address: "cast:*to=bf16",
    stages: ["interval"],
    mutate: casting((value) => {
      const below = towardZero(value);
      const unit = ulp("bf16", value);
      return below + (Math.abs(value - below) >= unit / 2 ? Math.sign(value) * unit : 0);
    }),
  },
  {
    name: "f64 rounded to bf16 by way of f32",
    address: "cast:dtype=f64;to=bf16",
    stages: ["interval"],
    mutate: casting((value) => roundTo("bf16", Math.fround(value))),
  },
  {
    name: "softmax without its maximum taken off",
    address: "softmax:shape=7x33;regime=offset-1e2;upstream=given",
    stages: ["class"],
    mutate: touched((output, _name, plan, inner) => {
      if (plan.kind !== "softmax" || plan.upstream !== undefined) return;
      const logits = elementsOf(inner, plan.input, plan.rows);
      output.map((_value, { outer, c, inner: position }) => {
        const exponentials = Array.from({ length: plan.rows.classes }, (_, j) =>
          Math.fround(Math.exp(logits.get(outer, j, position))),
        );
        return (exponentials[c] ?? NaN) / exponentials.reduce((sum, e) => Math.fround(sum + e), 0);
      });
    }),
  },
  {
    name: "an element that comes out otherwise every third time",
    address: "cross-entropy/index/mean:shape=7x5;ignore=some",
    stages: ["repeat"],
    mutate: (inner) => {
      let runs = 0;
      return touched((output, name) => {
        if (name === "loss" && runs++ % 3 === 2) output.set(0, 0, 0, output.get(0, 0, 0) * (1 + 2 ** -23));
      })(inner);
    },
  },
];

/** A row's log-sum-exp in f64, its label and the label's logit. */
function rowOf(
  inner: HostBackend,
  { logits, target, rows }: CrossEntropyPlan,
  outer: number,
  position: number,
): { readonly logSumExp: number; readonly own: number; readonly label: number } {
  const elements = elementsOf(inner, logits, rows);
  const label = elementsOf(inner, target.operand, rows).get(outer, 0, position);
  const row = Array.from({ length: rows.classes }, (_, c) => elements.get(outer, c, position));
  const max = Math.max(...row);
  const logSumExp = max + Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0));
  return { logSumExp, own: row[label] ?? NaN, label };
}

/** The bf16 that is nearest from below. */
function towardZero(value: number): number {
  const unit = ulp("bf16", value);
  return Number.isFinite(value) && value !== 0 ? Math.trunc(value / unit) * unit : value;
}

/** Casts to bf16 in a way of its own. */
function casting(round: (value: number) => number): Mutation {
  return running((plan, inner) => {
    inner.run([plan]);
    if (plan.kind !== "copy" || plan.output.dtype !== "bf16") return;
    const buffer = inner.alloc(8 * sizeOf(plan.shape));
    const wide: Operand = { ...plan.output, buffer, dtype: "f64", offset: 0 };
    inner.run([{ ...plan, output: wide }]);
    const rows = { outer: 1, classes: 1, inner: sizeOf(plan.shape) };
    const from = elementsOf(inner, wide, rows);
    elementsOf(inner, plan.output, rows).map((_value, { index }) => round(from.get(0, 0, index)));
    inner.free(buffer);
  });
}
