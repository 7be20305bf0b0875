import {
  type Backend,
  crossEntropyStats,
  type DType,
  type HostBackend,
  isHostBackend,
  type Tensor,
  tensor,
  zeros,
} from "@surprisal/core";
import { allocateRowBlock, type RowBlock } from "../metrics/row-block.ts";
import type { Elements } from "../readers/array-reader.ts";
import type { InputBlock } from "./blocks.ts";
import type { EvaluationPlan, Evaluator } from "./evaluator.ts";
import { isFloat } from "./geometry.ts";
import { categoricalCause } from "./categorical-cause.ts";
import { checkedLabels, labelsOfOneHot, LEFT_OUT } from "./labels.ts";
import { logProbabilities } from "./log-probabilities.ts";
import { noteNonFinite } from "./note-non-finite.ts";
import { numbersOf, valuesOf } from "./numbers.ts";

/** Evaluates cross entropy over classes on a backend, through `crossEntropyStats`. */
export function categoricalEvaluator(plan: EvaluationPlan, backend: Backend): Evaluator {
  const { geometry, loss, names, dtypes } = plan;
  const {
    reduction: _reduction,
    normalizer: _normalizer,
    onEmpty: _onEmpty,
    ignoreIndex = LEFT_OUT,
    ...formula
  } = loss;
  const dense = geometry.kind === "probabilities";
  let weight: Tensor | undefined;
  const lent: { readonly place: Tensor; readonly elements: Elements }[] = [];

  /** Where they are, if that is the backend's memory. */
  function placed(logits: Elements, shape: readonly number[], dtype: DType): Tensor {
    const own = lent.find(({ elements }) => isAt(elements, logits));
    if (own === undefined) return tensor(logits, shape, { dtype, backend });
    return own.place.slice(0, 0, logits.length).reshape(shape);
  }

  return {
    backend,
    async evaluate(block) {
      const { shape, firstRow, rows } = block;
      const [outer, classes, inner] = shape;
      const rowWeight = block.rowWeight === undefined ? undefined : await numbersOf(block.rowWeight, dtypes.rowWeight);
      const rules = { name: names.targets, firstRow, classes, ignoreIndex, rowWeight };
      const labels = dense
        ? undefined
        : geometry.kind === "one-hot"
          ? checkedLabels(labelsOfOneHot(block.targets, inner, rules), rules)
          : checkedLabels(block.targets, rules);
      const input = await logitsOf(block, plan);
      weight ??= plan.weight && (await placedWeight(plan.weight, input.dtype, backend));
      const flat = inner === 1;
      using x = placed(input.logits, flat ? [outer, classes] : shape, input.dtype);
      const rowShape = flat ? [outer] : [outer, inner];
      using y =
        labels === undefined
          ? tensor(block.targets, x.shape, { dtype: dtypes.targets, backend })
          : tensor(labels, rowShape, { backend });
      const mask = dense ? maskOf(rowWeight) : undefined;
      using w = mask && tensor(mask, rowShape, { dtype: "bool", backend });
      const options = {
        ...formula,
        ignoreIndex: dense ? ignoreIndex : LEFT_OUT,
        ...(weight && { weight }),
        ...(w && { rowWeight: w }),
      };
      const found = await readStats(crossEntropyStats(x, y, options), (stats) =>
        rowBlock({ firstRow, rows, stats, labels, rowWeight, weight: plan.weight }),
      );
      await noteNonFinite(found, async () => {
        const operands = {
          logits: await numbersOf(input.logits, input.dtype),
          shape,
          labels,
          probabilities: dense ? await numbersOf(block.targets, dtypes.targets) : undefined,
          weight: weight && (await valuesOf(weight)),
          rowWeight,
          options: loss,
        };
        return (row) => categoricalCause(operands, row, found.loss[row] as number);
      });
      return found;
    },
    lend(length) {
      if (plan.fromProbabilities || !isFloat(dtypes.logits) || !isHostBackend(backend)) return undefined;
      const place = zeros([length], { dtype: dtypes.logits, backend });
      const elements = place.view();
      if (elements.buffer instanceof SharedArrayBuffer) {
        lent.push({ place, elements });
        return elements;
      }
      place.dispose(); // memory that is not shared moves when more is taken
      return undefined;
    },
    dispose() {
      weight?.dispose();
      backend.dispose();
    },
  };
}

/** Weights in the logits' dtype; converted here, as not every backend has f64. */
async function placedWeight(values: Float64Array, dtype: DType, backend: Backend): Promise<Tensor> {
  using doubles = tensor(values, [values.length]);
  using converted = doubles.cast(dtype);
  return await converted.to(backend);
}

/** 1 for a row that counts; of class indices the label says that. */
function maskOf(rowWeight: Float64Array | undefined): Uint8Array | undefined {
  return rowWeight && Uint8Array.from(rowWeight, (weight) => (weight === 0 ? 0 : 1));
}

/** Logits in a floating dtype: integers become f64, probabilities their logarithms. */
async function logitsOf(
  block: InputBlock,
  { fromProbabilities, dtypes, names }: EvaluationPlan,
): Promise<{ readonly logits: Elements; readonly dtype: DType }> {
  const dtype = dtypes.logits;
  if (fromProbabilities) return logProbabilities(block, dtype, names.logits);
  if (isFloat(dtype)) return { logits: block.logits, dtype };
  return { logits: await numbersOf(block.logits, dtype), dtype: "f64" };
}

type Stats = Readonly<Record<"loss" | "logSum" | "predicted" | "rank" | "entropy" | "probability", ArrayLike<number>>>;

/** Columns are looked at where they are, if they can be: they are gone afterwards. */
async function readStats<T>(stats: ReturnType<typeof crossEntropyStats>, use: (stats: Stats) => T): Promise<T> {
  const { loss, max, logSum, predicted, rank, entropy, probability } = stats;
  const columns = { loss, logSum, predicted, rank, entropy, probability };
  try {
    const read = await Promise.all(
      Object.entries(columns).map(async ([name, column]) => [name, await seen(column)] as const),
    );
    return use(Object.fromEntries(read) as unknown as Stats);
  } finally {
    for (const column of [...Object.values(columns), max]) column.dispose();
  }
}

async function seen(column: Tensor): Promise<ArrayLike<number>> {
  const { dtype, backend } = column;
  const asNumbers = dtype === "f32" || dtype === "f64" || dtype === "i32";
  if (asNumbers && isHostBackend(backend)) return (column as Tensor<typeof dtype, HostBackend>).view();
  return (await column.data()) as ArrayLike<number>;
}

function isAt(a: Elements, b: Elements): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset;
}

interface Rows {
  readonly firstRow: number;
  readonly rows: number;
  readonly stats: Stats;
  readonly labels: Int32Array | undefined;
  readonly rowWeight: Float64Array | undefined;
  readonly weight: Float64Array | undefined;
}

function rowBlock({ firstRow, rows, stats, labels, rowWeight, weight }: Rows): RowBlock {
  const block = allocateRowBlock(rows, firstRow);
  block.rank.set(stats.rank);
  block.targetProbability.set(stats.probability);
  block.entropy.set(stats.entropy);
  block.prediction.set(stats.predicted);
  if (labels !== undefined) block.target.set(labels);
  for (let row = 0; row < rows; row++) {
    block.maxProbability[row] = Math.exp(-(stats.logSum[row] as number));
    const label = labels?.[row];
    if (label === LEFT_OUT || rowWeight?.[row] === 0) continue;
    const own = rowWeight?.[row] ?? 1;
    block.kept[row] = 1;
    block.loss[row] = (stats.loss[row] as number) * own;
    block.weight[row] = (label === undefined ? 1 : (weight?.[label] ?? 1)) * own;
  }
  return block;
}
