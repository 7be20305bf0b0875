import { BackendError, DataError } from "@surprisal/core";
import { elementsOf } from "./elements.ts";
import { inFrontOf, type Mutant, type Mutation, outputsOf, planned, running, touched } from "./mutant.ts";

/** What a backend does to memory that it was not asked to, to bytes on their way, and to errors. */
export const MEMORY: readonly Mutant[] = [
  {
    name: "written past the end",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["guard"],
    mutate: touched(({ rows, set }) => set(rows.outer, 0, 0, 0)),
  },
  {
    name: "written before the start",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["guard"],
    mutate: touched(({ set }) => set(0, -1, 0, 0)),
  },
  {
    name: "one byte written past the end of a loss",
    address: "cross-entropy/index/mean:shape=7x5;ignore=some",
    stages: ["guard"],
    mutate: running((plan, inner) => {
      inner.run([plan]);
      for (const { name, operand } of outputsOf(plan)) {
        if (name !== "loss") continue;
        const { bytes, byteOffset } = inner.view(operand.buffer);
        new Uint8Array(bytes, byteOffset)[4 * (operand.offset + 1)] = 0;
      }
    }),
  },
  {
    name: "written past the end of an input",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["guard"],
    mutate: running((plan, inner) => {
      inner.run([plan]);
      if (plan.kind === "softmax") elementsOf(inner, plan.input, plan.rows).set(plan.rows.outer, 0, 0, 0);
    }),
  },
  {
    name: "written past the end of a divisor",
    address: "cross-entropy/index/mean:shape=7x5;ignore=some",
    stages: ["guard"],
    mutate: running((plan, inner) => {
      inner.run([plan]);
      if (plan.kind !== "target-mass") return;
      const { bytes, byteOffset } = inner.view(plan.mass.buffer);
      new DataView(bytes, byteOffset).setFloat64(16, 1);
    }),
  },
  {
    name: "an input changed",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["input"],
    mutate: running((plan, inner) => {
      inner.run([plan]);
      if (plan.kind === "softmax" && plan.upstream !== undefined)
        elementsOf(inner, plan.upstream, plan.rows).set(0, 0, 0, 1);
    }),
  },
  {
    name: "labels changed into others",
    address: "cross-entropy/index/mean:shape=7x5;ignore=some",
    stages: ["input"],
    mutate: running((plan, inner) => {
      inner.run([plan]);
      if (plan.kind !== "cross-entropy" || plan.target.kind !== "index") return;
      const { ignoreIndex, operand } = plan.target;
      elementsOf(inner, operand, { ...plan.rows, classes: 1 }).map((label) => (label === ignoreIndex ? 0 : label));
    }),
  },
  {
    name: "a gradient in place beside the view it belongs to",
    address: "cross-entropy/index/none:shape=7x33;*layout=offset;into=logits",
    stages: ["input"],
    mutate: running((plan, inner) => {
      inner.run([plan]);
      if (plan.kind !== "cross-entropy" || plan.gradient?.buffer !== plan.logits.buffer) return;
      elementsOf(inner, plan.gradient, plan.rows).set(0, -1, 0, 0);
    }),
  },
  {
    name: "an output's offset ignored",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["guard"],
    mutate: planned((plan) => (plan.kind === "softmax" ? { ...plan, output: { ...plan.output, offset: 0 } } : plan)),
  },
  {
    name: "read from the start of the buffer, wherever it was asked to begin",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["interval"],
    mutate: (inner) => inFrontOf(inner, { read: async (buffer, start, end) => inner.read(buffer, 0, end - start) }),
  },
  {
    name: "the last bytes not written",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["guard"],
    mutate: (inner) =>
      inFrontOf(inner, {
        write(buffer, { buffer: bytes, byteOffset, byteLength }) {
          inner.write(buffer, new Uint8Array(bytes, byteOffset, byteLength - (byteLength % 8)));
        },
      }),
  },
  {
    name: "a view that starts at the wrong place",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["error"],
    mutate: (inner) =>
      inFrontOf(inner, {
        view(buffer) {
          const { bytes, byteOffset } = inner.view(buffer);
          return { bytes, byteOffset: byteOffset - 4 < 0 ? byteOffset + 4 : byteOffset - 4 };
        },
      }),
  },
  {
    name: "plans run in the wrong order",
    address: "cross-entropy/index/mean:shape=7x5;ignore=some",
    stages: ["class"],
    mutate: (inner) => inFrontOf(inner, { run: (plans) => inner.run(plans.toReversed()) }),
  },
  {
    name: "only the first plan run",
    address: "cross-entropy/index/mean:shape=7x5;ignore=some",
    stages: ["class"],
    mutate: (inner) => inFrontOf(inner, { run: (plans) => inner.run(plans.slice(0, 1)) }),
  },
  {
    name: "a run that throws",
    address: "softmax:shape=7x33;upstream=given",
    stages: ["error"],
    mutate: running(() => {
      throw new RangeError("no such element");
    }),
  },
  {
    name: "a target out of range swallowed: its loss is 0",
    address: "torch/cross-entropy/error/target=",
    stages: ["error"],
    mutate: answering(() => undefined),
  },
  {
    name: "an index out of range swallowed by one-hot",
    address: "torch/one-hot/error/",
    stages: ["error"],
    mutate: answering(() => undefined),
  },
  {
    name: "a target out of range reported as a lack of memory",
    address: "torch/cross-entropy/error/target=",
    stages: ["error"],
    mutate: answering(() => {
      throw new BackendError("memory", "no memory for an index that large");
    }),
  },
  {
    name: "a mean over no row answered, not thrown",
    address: "cross-entropy/index/mean:*onEmpty=throw",
    stages: ["error"],
    mutate: planned((plan) => (plan.kind === "target-mass" ? { ...plan, mustKeep: false } : plan)),
  },
];

/** Runs plans; from one whose data is refused on, does something else and fills outputs with zeros. */
function answering(instead: () => void): Mutation {
  return (inner) =>
    inFrontOf(inner, {
      run(plans) {
        try {
          inner.run(plans);
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
          instead();
          for (const { operand, rows } of plans.flatMap(outputsOf)) elementsOf(inner, operand, rows).map(() => 0);
        }
      },
    });
}
