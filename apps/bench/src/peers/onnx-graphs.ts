import { type BenchCase, geometryOf, sizeOf } from "../cases.ts";
import type { Pass } from "../contestant.ts";
import { type GraphBuilder, graphBuilder } from "./onnx-builder.ts";
import type { OnnxGraph } from "./onnx-model.ts";

// ONNX has the loss, no gradient; gradients are composed. Of the forms that were tried, each is the fastest that is
// correct for all finite logits. Contiguous classes: LogSoftmax has a kernel of its own, and taking one logit of a row by
// GatherElements beats SoftmaxCrossEntropyLoss, which onnxruntime expands into more. Strided classes: LogSoftmax and
// reductions transpose, ten times slower than elementwise operators on the class planes, cut apart by Split.

const KEEP = { keepdims: { int: 1 } };
const DIM_1 = { axis: { int: 1 } };
const LAST = { axis: { int: -1 } };

/** Where a graph is computed: operators that have a kernel there, and those that are fast there, differ. */
export type Provider = "cpu" | "webgpu";

/** A case's pass as a graph. Inputs and outputs have the names that the case gives them; class indices keep dim 1. */
export function graphOf(benchCase: BenchCase, pass: Pass, provider: Provider): OnnxGraph {
  const builder = graphBuilder();
  COMPOSE[benchCase.kind](builder, benchCase, { pass, provider });
  return builder.graph();
}

interface Wanted {
  readonly pass: Pass;
  readonly provider: Provider;
}

type Compose = (builder: GraphBuilder, benchCase: BenchCase, wanted: Wanted) => void;

const COMPOSE: Readonly<Record<BenchCase["kind"], Compose>> = {
  "cross-entropy": crossEntropy,
  binary,
  softmax,
  linear,
};

/** The shape of class indices: dim 1 stays, as GatherElements wants it. */
export function indexShape({ kind, shape }: BenchCase): number[] {
  const [rows = 1, ...rest] = shape;
  return kind === "linear" ? [rows, 1] : [rows, 1, ...rest.slice(1)];
}

function crossEntropy(builder: GraphBuilder, benchCase: BenchCase, { pass, provider }: Wanted): void {
  const logits = builder.input("logits", "float32", benchCase.shape);
  const planes = geometryOf(benchCase).inner > 1 || benchCase.target === "probabilities";
  const { loss, gradient } = planes
    ? onPlanes(builder, logits, benchCase, provider)
    : ROWS[provider](builder, logits, benchCase);
  builder.output("loss", loss, []);
  if (pass === "gradient") builder.output("gradLogits", gradient(), benchCase.shape);
}

interface Loss {
  readonly loss: string;
  /** Adds the operators of the gradient with respect to the logits. */
  readonly gradient: () => string;
}

/** Logits [rows, classes]. */
type Rows = (builder: GraphBuilder, logits: string, benchCase: BenchCase) => Loss;

const ROWS: Readonly<Record<Provider, Rows>> = { cpu: byLogSoftmax, webgpu: byReductions };

function byLogSoftmax(builder: GraphBuilder, logits: string, benchCase: BenchCase): Loss {
  const { outer: rows } = geometryOf(benchCase);
  const target = builder.input("target", "int32", [rows, 1]);
  const logs = builder.op("LogSoftmax", [logits], DIM_1);
  const picked = builder.op("GatherElements", [logs, target], DIM_1);
  return {
    loss: builder.op("Neg", [builder.mean(picked, rows)]),
    gradient() {
      const share = builder.op("Exp", [builder.op("Sub", [logs, builder.number(Math.log(rows))])]);
      const minus = builder.op("Expand", [builder.number(-1 / rows), builder.integers([rows, 1])]);
      return builder.op("ScatterElements", [share, target, minus], { ...DIM_1, reduction: { text: "add" } });
    },
  };
}

/** LogSoftmax has no kernel on WebGPU: its maximum, exponentials and sum, one by one. */
function byReductions(builder: GraphBuilder, logits: string, benchCase: BenchCase): Loss {
  const { outer: rows, classes } = geometryOf(benchCase);
  const target = builder.input("target", "int32", [rows, 1]);
  const dim = builder.integers([1]);
  const max = builder.op("ReduceMax", [logits, dim], KEEP);
  const exps = builder.op("Exp", [builder.op("Sub", [logits, max])]);
  const sum = builder.op("ReduceSum", [exps, dim], KEEP);
  const picked = builder.op("GatherElements", [logits, target], DIM_1);
  const losses = builder.op("Add", [builder.op("Sub", [max, picked]), builder.op("Log", [sum])]);
  return {
    loss: builder.mean(losses, rows),
    gradient() {
      const isTarget = builder.op("Equal", [target, builder.classes(classes)]);
      const [share, zero] = [builder.number(1 / rows), builder.number(0)];
      const scaled = builder.op("Mul", [sum, builder.number(rows)]);
      return builder.op("Sub", [builder.op("Div", [exps, scaled]), builder.op("Where", [isTarget, share, zero])]);
    },
  };
}

/** Logits [N, classes, …], as one tensor for each class. */
function onPlanes(builder: GraphBuilder, logits: string, benchCase: BenchCase, provider: Provider): Loss {
  const fold = (op: string, pair: string, values: readonly string[]): string =>
    provider === "cpu" ? builder.op(op, values) : values.reduce((a, b) => builder.op(pair, [a, b]));
  const { outer, classes, inner } = geometryOf(benchCase);
  const rows = outer * inner;
  const planes = builder.split(logits, classes);
  const max = fold("Max", "Max", planes);
  const gaps = planes.map((plane) => builder.op("Sub", [plane, max]));
  const exps = gaps.map((gap) => builder.op("Exp", [gap]));
  const sum = fold("Sum", "Add", exps);
  const logSum = builder.op("Log", [sum]);
  if (benchCase.target === "indices") {
    const target = builder.input("target", "int32", indexShape(benchCase));
    const picked = builder.op("GatherElements", [logits, target], DIM_1);
    const losses = builder.op("Add", [builder.op("Sub", [max, picked]), logSum]);
    return {
      loss: builder.mean(losses, rows),
      gradient() {
        const scaled = builder.op("Mul", [sum, builder.number(rows)]);
        const [share, zero] = [builder.number(1 / rows), builder.number(0)];
        const parts = exps.map((exp, j) => {
          const isTarget = builder.op("Equal", [target, builder.index(j)]);
          return builder.op("Sub", [builder.op("Div", [exp, scaled]), builder.op("Where", [isTarget, share, zero])]);
        });
        return builder.op("Concat", parts, DIM_1);
      },
    };
  }
  const probabilities = builder.split(builder.input("target", "float32", benchCase.shape), classes);
  const mass = fold("Sum", "Add", probabilities);
  const weighted = gaps.map((gap, j) => builder.op("Mul", [gap, probabilities[j] ?? ""]));
  const losses = builder.op("Sub", [builder.op("Mul", [mass, logSum]), fold("Sum", "Add", weighted)]);
  return {
    loss: builder.mean(losses, rows),
    gradient() {
      const [scale, share] = [builder.op("Div", [mass, sum]), builder.number(1 / rows)];
      const parts = exps.map((exp, j) => {
        const difference = builder.op("Sub", [builder.op("Mul", [exp, scale]), probabilities[j] ?? ""]);
        return builder.op("Mul", [difference, share]);
      });
      return builder.op("Concat", parts, DIM_1);
    },
  };
}

/** max(x, 0) − x y − log σ(|x|): of three forms the fastest. The one with Softplus, which runs slowly, takes three times as long. */
function binary(builder: GraphBuilder, { shape }: BenchCase, { pass }: Wanted): void {
  const logits = builder.input("logits", "float32", shape);
  const target = builder.input("target", "float32", shape);
  const count = sizeOf(shape);
  const linearPart = builder.op("Sub", [builder.op("Relu", [logits]), builder.op("Mul", [logits, target])]);
  const logPart = builder.op("Log", [builder.op("Sigmoid", [builder.op("Abs", [logits])])]);
  const losses = builder.op("Sub", [linearPart, logPart]);
  builder.output("loss", builder.mean(losses, count), []);
  if (pass === "forward") return;
  const difference = builder.op("Sub", [builder.op("Sigmoid", [logits]), target]);
  builder.output("gradLogits", builder.op("Mul", [difference, builder.number(1 / count)]), shape);
}

function softmax(builder: GraphBuilder, { shape }: BenchCase, { pass }: Wanted): void {
  const output = builder.op("Softmax", [builder.input("input", "float32", shape)], LAST);
  builder.output("output", output, shape);
  if (pass === "forward") return;
  const upstream = builder.input("upstream", "float32", shape);
  const product = builder.op("Mul", [output, upstream]);
  const mean = builder.op("ReduceSum", [product, builder.integers([-1])], KEEP);
  builder.output("gradInput", builder.op("Mul", [output, builder.op("Sub", [upstream, mean])]), shape);
}

function linear(builder: GraphBuilder, benchCase: BenchCase, { pass, provider }: Wanted): void {
  const weightShape = benchCase.weightShape ?? [];
  const hidden = builder.input("hidden", "float32", benchCase.shape);
  const weight = builder.input("weight", "float32", weightShape);
  const logits = builder.op("Gemm", [hidden, weight], { transB: { int: 1 } });
  const { loss, gradient } = ROWS[provider](builder, logits, benchCase);
  builder.output("loss", loss, []);
  if (pass === "forward") return;
  const gradLogits = gradient();
  builder.output("gradHidden", builder.op("Gemm", [gradLogits, weight]), benchCase.shape);
  builder.output("gradWeight", builder.op("Gemm", [gradLogits, hidden], { transA: { int: 1 } }), weightShape);
}
