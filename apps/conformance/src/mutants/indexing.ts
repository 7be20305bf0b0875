import type { HostBackend, Operand, Plan, Rows, Strides } from "@surprisal/core";
import { type Elements, elementsOf } from "./elements.ts";
import { type Mutant, outputsOf, planned, plannedLoss, running, touched, touchedGradient } from "./mutant.ts";

/** Elements, rows and lanes that a backend mistakes, forgets or writes too often. */
export const INDEXING: readonly Mutant[] = [
  {
    name: "classes beyond the last full vector left out of a sum",
    address: "log-sum-exp:shape=7x33;upstream=given",
    stages: ["interval"],
    mutate: planned((plan) =>
      plan.kind === "softmax" && plan.of === "log-sum-exp" && plan.upstream === undefined
        ? { ...plan, rows: { ...plan.rows, classes: plan.rows.classes - (plan.rows.classes % 4) } }
        : plan,
    ),
  },
  {
    name: "elements beyond the last full vector not written",
    address: "binary-cross-entropy-with-logits/none:weight=both",
    stages: ["class"],
    mutate: touched((output) => eraseWhere(output, (index, size) => index >= size - (size % 4))),
  },
  {
    name: "one element not written",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["class"],
    mutate: touched((output) => eraseWhere(output, (index) => index === 17)),
  },
  {
    name: "memory taken to be zeroed",
    address: "one-hot:",
    stages: ["class"],
    mutate: touched((output, _name, plan) => {
      if (plan.kind !== "one-hot") return;
      const zero = new Set<number>();
      output.map((value, { index }) => {
        if (value === 0) zero.add(index);
        return value;
      });
      eraseWhere(output, (index) => zero.has(index));
    }),
  },
  {
    name: "one-hot with 255 for true",
    address: "one-hot:dtype=u8;to=bool",
    stages: ["interval"],
    mutate: touched((output, _name, plan) => {
      if (plan.kind === "one-hot") output.map((value) => value * 255);
    }),
  },
  {
    name: "a gradient added to what was there",
    address: "linear-cross-entropy/mean:shape=9x65x17",
    stages: ["class"],
    mutate: running((plan, inner) => {
      const before = outputsOf(plan).map(({ operand, rows }) => valuesOf(inner, operand, rows));
      inner.run([plan]);
      if (plan.kind !== "linear-cross-entropy") return;
      for (const [k, { name, operand, rows }] of outputsOf(plan).entries()) {
        if (name !== "matrixGradient") continue;
        elementsOf(inner, operand, rows).map((value, { index }) => value + (before[k]?.[index] ?? NaN));
      }
    }),
  },
  {
    name: "two rows of an output swapped",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["interval"],
    mutate: touched(swapRows),
  },
  {
    name: "rows beyond 16 bits not written",
    address: "one-hot:shape=131073;classes=1",
    stages: ["class"],
    mutate: touched((output) => eraseWhere(output, (index) => index >= 65536)),
  },
  {
    name: "the last partial block lost in a total",
    address: "binary-cross-entropy-with-logits/sum:shape=257;dtype=f64",
    stages: ["interval"],
    mutate: planned((plan) =>
      plan.kind === "pointwise" && plan.reduce === "total"
        ? {
            ...plan,
            rows: { outer: full(plan.rows.outer), classes: full(plan.rows.classes), inner: full(plan.rows.inner) },
          }
        : plan,
    ),
  },
  {
    name: "a total that loses the positions beyond the last full block",
    address: "cross-entropy/index/sum:shape=3x3x17",
    stages: ["interval"],
    mutate: touched((output, name, plan, inner) => {
      if (name !== "loss" || plan.kind !== "cross-entropy" || !plan.reduce) return;
      const perRow = rowLosses(inner, plan);
      const whole = perRow.length - (perRow.length % 4);
      output.set(
        0,
        0,
        0,
        perRow.slice(0, whole).reduce((total, loss) => total + loss, 0),
      );
    }),
  },
  {
    name: "strides ignored",
    address: "cross-entropy/index/none:shape=7x33;smoothing=0.1;layout=permuted",
    stages: ["interval"],
    mutate: plannedLoss(({ logits, rows }) => ({ logits: { ...logits, strides: dense(rows) } })),
  },
  {
    name: "strides of the target ignored",
    address: "cross-entropy/probabilities/none:shape=3x5x4;upstream=given;layout=permuted",
    stages: ["interval"],
    mutate: plannedLoss(({ target, rows }) => ({
      target: { ...target, operand: { ...target.operand, strides: dense(rows) } },
    })),
  },
  {
    name: "an offset ignored",
    address: "softmax:shape=7x33;upstream=given;layout=offset",
    stages: ["class"],
    mutate: planned((plan) => (plan.kind === "softmax" ? { ...plan, input: { ...plan.input, offset: 0 } } : plan)),
  },
  {
    name: "the row next to a slice read",
    address: "softmax:shape=7x33;upstream=given;layout=sliced",
    stages: ["class"],
    mutate: planned((plan) =>
      plan.kind === "softmax" ? { ...plan, input: { ...plan.input, offset: plan.input.offset - 1 } } : plan,
    ),
  },
  {
    name: "a gradient in place written before its row was read to the end",
    address: "cross-entropy/index/none:shape=7x33;smoothing=0.1;into=logits",
    stages: ["interval"],
    mutate: running(writtenEarly),
  },
  {
    name: "an ignored row's gradient not zero",
    address: "cross-entropy/index/mean:shape=2x5x3;ignore=some",
    stages: ["class"],
    mutate: touchedGradient((gradient, { target, rows }, inner) => {
      if (target.kind !== "index") return;
      const labels = elementsOf(inner, target.operand, rows);
      gradient.map((value, place) =>
        labels.get(place.outer, 0, place.inner) === target.ignoreIndex ? 2 ** -60 : value,
      );
    }),
  },
  {
    name: "the last maximum predicted",
    address: "cross-entropy-stats/index:regime=ties",
    stages: ["class"],
    mutate: touched((output, name, plan, inner) => {
      if (name !== "predicted" || plan.kind !== "cross-entropy") return;
      output.map((value, place) => {
        const row = rowOf(inner, plan.logits, plan.rows, place.outer, place.inner);
        return value < 0 ? value : row.lastIndexOf(row[value] ?? NaN);
      });
    }),
  },
  {
    name: "ties not counted in a rank",
    address: "cross-entropy-stats/index:regime=ties;smoothing=0.1",
    stages: ["interval"],
    mutate: touched((output, name, plan, inner) => {
      if (name !== "rank" || plan.kind !== "cross-entropy") return;
      const labels = elementsOf(inner, plan.target.operand, plan.rows);
      output.map((value, place) => {
        const row = rowOf(inner, plan.logits, plan.rows, place.outer, place.inner);
        const own = row[labels.get(place.outer, 0, place.inner)] ?? NaN;
        return value < 1 ? value : 1 + row.filter((other) => other > own).length;
      });
    }),
  },
];

/** So many as fill blocks of 64, where there is a block. */
function full(count: number): number {
  return count < 64 ? count : count - (count % 64);
}

function dense({ classes, inner }: Rows): Strides {
  return [classes * inner, inner, 1];
}

function eraseWhere(output: Elements, isErased: (index: number, size: number) => boolean): void {
  const { outer, classes, inner } = output.rows;
  const size = outer * classes * inner;
  for (let index = 0; index < size; index++) {
    if (isErased(index, size))
      output.erase(Math.floor(index / (classes * inner)), Math.floor(index / inner) % classes, index % inner);
  }
}

function valuesOf(backend: HostBackend, operand: Operand, rows: Rows): number[] {
  const values: number[] = [];
  elementsOf(backend, operand, rows).map((value) => {
    values.push(value);
    return value;
  });
  return values;
}

/** Logits of row (outer, position). */
function rowOf(backend: HostBackend, logits: Operand, rows: Rows, outer: number, position: number): number[] {
  const elements = elementsOf(backend, logits, rows);
  return Array.from({ length: rows.classes }, (_, c) => elements.get(outer, c, position));
}

function swapRows(output: Elements): void {
  const { outer, classes } = output.rows;
  if (outer < 2) return;
  for (let c = 0; c < classes; c++) {
    const [first, last] = [output.get(0, c, 0), output.get(outer - 1, c, 0)];
    output.set(0, c, 0, last);
    output.set(outer - 1, c, 0, first);
  }
}

/** Losses of a reduced plan, one by one. */
function rowLosses(inner: HostBackend, plan: Extract<Plan, { readonly kind: "cross-entropy" }>): number[] {
  const perRow = { ...plan.rows, classes: 1 };
  const buffer = inner.alloc(4 * perRow.outer * perRow.inner);
  const loss: Operand = { buffer, dtype: "f32", offset: 0, strides: [perRow.inner, 0, 1] };
  inner.run([{ ...plan, loss, reduce: false, gradient: undefined, targetGradient: undefined }]);
  const losses = valuesOf(inner, loss, perRow);
  inner.free(buffer);
  return losses;
}

/** As if the gradient of the first four classes were there when the row is looked at again for the others. */
function writtenEarly(plan: Plan, inner: HostBackend): void {
  if (plan.kind !== "cross-entropy" || plan.gradient?.buffer !== plan.logits.buffer) return inner.run([plan]);
  const { gradient, logits, loss, rows } = plan;
  const before = valuesOf(inner, logits, rows);
  inner.run([plan]);
  const after = valuesOf(inner, gradient, rows);
  const elements = elementsOf(inner, gradient, rows);
  elements.map((value, { c, index }) => (c < 4 ? value : (before[index] ?? NaN)));
  const buffer = inner.alloc(8 * rows.outer * rows.inner);
  inner.run([{ ...plan, loss: { ...loss, buffer, offset: 0 } }]);
  inner.free(buffer);
  elements.map((value, { c, index }) => (c < 4 ? (after[index] ?? NaN) : value));
}
