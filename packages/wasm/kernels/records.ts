// What a kernel is told, as it lies in memory; src/records.ts writes the same fields in the same order.

/** A tensor's elements: element (o, c, i) is number `o·outerStep + c·classStep + i·innerStep`. Absent operands are null. */
@unmanaged
export class Operand {
  /** Address of element (0, 0, 0). */
  pointer: usize;
  dtype: i32;
  /** Steps in elements. */
  outerStep: i32;
  classStep: i32;
  innerStep: i32;
}

/** What every record begins with. */
@unmanaged
export class Plan {
  kind: i32;
  /** Bytes of the numbers to compute with: 4 or 8. */
  width: i32;
  outer: i32;
  classes: i32;
  inner: i32;
  /** What is cut into chunks: rows, or lines of a copy. */
  rows: i32;
  /** Rows of a chunk, classes of a chunk, and how many chunks lie across the classes. */
  chunkRows: i32;
  chunkClasses: i32;
  columns: i32;
  /** One `Partial` for each chunk. */
  partials: usize;
  /** What is to be done now, of a plan that is done in several phases. */
  phase: i32;
  /** Whether this phase looks for bad data. */
  checks: i32;
}

/** What a chunk leaves for the merge. */
@unmanaged
export class Partial {
  /** Sum of the losses, and what it has lost to rounding. */
  total: f64;
  carry: f64;
  /** The parts of `total` that PyTorch divides one by one. */
  hot: f64;
  spread: f64;
  /** Rows that count. */
  kept: f64;
  /** The first bad row of the chunk and what is there; −1 for none. */
  badRow: f64;
  badValue: f64;
}

const PARTIAL_BYTES: usize = 64;

/** What a chunk of a plan leaves. */
export function partialOf(plan: Plan, chunk: i32): Partial {
  return changetype<Partial>(plan.partials + <usize>chunk * PARTIAL_BYTES);
}

@unmanaged
export class CopyPlan extends Plan {
  input: Operand;
  output: Operand;
}

@unmanaged
export class OneHotPlan extends Plan {
  indices: Operand;
  output: Operand;
}

@unmanaged
export class MassPlan extends Plan {
  target: Operand;
  /** Class indices, or a distribution. */
  index: i32;
  weight: Operand | null;
  rowWeight: Operand | null;
  /** Two f64: the divisor, and how many rows are kept. */
  mass: usize;
  ignoreIndex: f64;
}

@unmanaged
export class SoftmaxPlan extends Plan {
  result: i32;
  input: Operand;
  upstream: Operand | null;
  output: Operand;
}

/** The numbers that all options of cross entropy come down to (core's `LossNumbers`). */
@unmanaged
export class LossPlan extends Plan {
  target: Operand;
  index: i32;
  weight: Operand | null;
  rowWeight: Operand | null;
  loss: Operand;
  upstream: Operand | null;
  /** Address of the divisor; 0 where it is the number below. */
  mass: usize;
  normalized: i32;
  strict: i32;
  reduce: i32;
  ignoreIndex: f64;
  hot: f64;
  base: f64;
  logitScale: f64;
  softcap: f64;
  zLoss: f64;
  focalGamma: f64;
  divisor: f64;
  empty: f64;
  /** Where there is no operand for it. */
  upstreamNumber: f64;
}

@unmanaged
export class CrossEntropyPlan extends LossPlan {
  logits: Operand;
  gradient: Operand | null;
  targetGradient: Operand | null;
  /** All of these, or none. */
  max: Operand | null;
  logSum: Operand;
  predicted: Operand;
  rank: Operand;
  entropy: Operand;
  probability: Operand;
}

@unmanaged
export class LinearPlan extends LossPlan {
  features: i32;
  hidden: Operand;
  matrix: Operand;
  bias: Operand | null;
  hiddenGradient: Operand | null;
  matrixGradient: Operand | null;
  biasGradient: Operand | null;
  /** Addresses in working memory. Of the rows that count: how many they are, which, their labels, and if there are any weights,
   * upstreams and losses. */
  counter: usize;
  list: usize;
  labels: usize;
  weights: usize;
  upstreams: usize;
  losses: usize;
  /** The bias' gradient in f64, and that of the matrix, a class every `sumPitch` numbers; 0 where it is not wanted. */
  biasSums: usize;
  matrixSums: usize;
  sumPitch: i32;
  /** Of a block of rows: its logits, a row every `pitch` numbers, and the hidden rows twice (kernels/linear.ts). */
  logits: usize;
  pitch: i32;
  packedRows: usize;
  packedFeatures: usize;
  hiddenSums: usize;
  /** The block: its first row in `list`, how many it has, and how many it may have. */
  blockFirst: i32;
  blockCount: i32;
  blockRows: i32;
  /** Of the gradient filter: for each row of the block which spans it leaves out, 0 for no filter; and of all rows how much that was. */
  skips: usize;
  spans: i32;
  masses: usize;
  discarded: Operand | null;
  filterBound: f64;
}

@unmanaged
export class PointwisePlan extends Plan {
  term: i32;
  reduce: i32;
  strict: i32;
  a: Operand;
  b: Operand | null;
  weight: Operand | null;
  positiveWeight: Operand | null;
  upstream: Operand | null;
  output: Operand;
  gradient: Operand | null;
  alpha: f64;
  gamma: f64;
  scale: f64;
  upstreamNumber: f64;
}
