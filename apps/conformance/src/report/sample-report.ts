import {
  type Cell,
  type ConformanceReport,
  type Failure,
  HISTOGRAM_EDGES,
  type LaneReport,
  type Refusal,
  type Stage,
  type Totals,
  type WrongElement,
} from "./report.ts";

// A report as a run leaves it, made up: a lane that passes, one that fails in most of the ways there are, and one that
// did not start. Only tests and whoever works on the look of the reports read it.

const OPERATIONS: readonly string[] = [
  "crossEntropy",
  "linearCrossEntropy",
  "nllLoss",
  "focalLoss",
  "sigmoidFocalLoss",
  "binaryCrossEntropy",
  "binaryCrossEntropyWithLogits",
  "multilabelSoftMarginLoss",
  "klDivergence",
  "softmax",
  "logSoftmax",
  "logSumExp",
  "oneHot",
  "entropy",
  "distributionCrossEntropy",
  "distributionKlDivergence",
  "perplexity",
];

const DTYPES: readonly string[] = ["f32", "f64", "f16", "bf16"];

/** Numbers between 0 and 1 that look random and are the same each time. */
function scattered(seed: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) >>> 8) / 2 ** 24;
}

function histogram(numbers: number, spread: number): number[] {
  const counts = HISTOGRAM_EDGES.map((_edge, bin) => Math.floor(numbers * 0.62 * Math.exp(-bin / spread)));
  const beyond = counts.slice(1).reduce((sum, each) => sum + each, 0);
  return [Math.max(0, numbers - beyond), ...counts.slice(1)];
}

interface CellWish {
  readonly failed?: number;
  readonly refused?: number;
  readonly spread?: number;
}

function cell(operation: string, dtype: string, wish: CellWish = {}): Cell {
  const random = scattered(OPERATIONS.indexOf(operation) * 4 + DTYPES.indexOf(dtype));
  const cases = 24 + Math.floor(random * 420);
  const { failed = 0, refused = 0, spread = 0.3 + random * 0.25 } = wish;
  const passed = Math.max(0, cases - failed - Math.min(refused, cases));
  const counts = { operation, dtype, cases, passed, failed, refused: cases - passed - failed };
  if (passed + failed === 0) return { ...counts, numbers: 0, histogram: HISTOGRAM_EDGES.map(() => 0) };
  const numbers = (passed + failed) * 640;
  const address = `${operation}/index/${dtype}/[512,4096]/reduction=mean/weight=none/ignore=-100/smoothing=0.1/offset=1e4/seed=7`;
  const worst = { value: failed > 0 ? 3.4e3 : 0.5 + random * spread * 12, address };
  const peer = { value: failed > 0 ? 41.5 : 0.3 + random * 1.1, address: address.replace("seed=7", "seed=2") };
  return { ...counts, numbers, worst, ...(dtype !== "f64" && { peer }), histogram: histogram(numbers, spread) };
}

function totals(cells: readonly Cell[]): Totals {
  const sum = (key: keyof Totals): number => cells.reduce((total, each) => total + each[key], 0);
  return {
    cases: sum("cases"),
    passed: sum("passed"),
    failed: sum("failed"),
    refused: sum("refused"),
    numbers: sum("numbers"),
  };
}

function failure(operation: string, dtype: string, stage: Stage, rest: Partial<Failure>): Failure {
  const address = `${operation}/index/${dtype}/[512,4096]/reduction=none/weight=one-zero/ignore=${stage}/smoothing=0.1/offset=1e4/seed=7`;
  const command = `npx -y pnpm@12 conformance --lane wasm --case '${address}'`;
  return { address, operation, dtype, stage, message: "", wrong: [], wrongCount: 0, command, ...rest };
}

const WRONG: readonly WrongElement[] = [
  { index: 8193, row: 2, class: 1, got: "0.00024419", expected: "0.00024414062", allowed: "2.9e-11" },
  { index: 8194, row: 2, class: 2, got: "NaN", expected: "-0.99975586", allowed: "1.2e-7" },
  { index: 12291, row: 3, class: 3, got: "-Infinity", expected: "-3.4028235e+38", allowed: "0" },
];

const FAILURES: readonly Failure[] = [
  failure("crossEntropy", "f32", "interval", {
    output: "gradLogits",
    message: "3 of 2,097,152 elements lie outside the interval; the worst is 3,400 ULP off",
    wrong: WRONG,
    wrongCount: 3,
  }),
  failure("crossEntropy", "bf16", "peer", {
    output: "loss",
    message: "error 0.0415 is 41.5 times PyTorch's own 0.001 in this case; at most 2 times is allowed",
    wrong: [{ index: 17, row: 17, got: "12.375", expected: "12.3335", allowed: "0.002" }],
    wrongCount: 1,
  }),
  failure("softmax", "f32", "class", {
    output: "output",
    message: "NaN where PyTorch has an exact zero: the row is masked with -Infinity",
    wrong: [{ index: 0, row: 0, class: 0, got: "NaN", expected: "0", allowed: "0" }],
    wrongCount: 4096,
  }),
  failure("nllLoss", "f32", "error", {
    message: 'threw RangeError "offset is out of bounds"; PyTorch computes this case',
  }),
  failure("focalLoss", "f32", "shape", { output: "loss", message: "loss has shape [512, 1]; PyTorch's is [512]" }),
  failure("logSoftmax", "f64", "guard", { output: "output", message: "16 bytes after the output were written" }),
  failure("klDivergence", "f32", "input", { message: "the call changed its input `target` at index 0" }),
  failure("linearCrossEntropy", "f32", "leak", { message: "2 buffers of 8,192 bytes are neither freed nor owned" }),
  failure("logSumExp", "f32", "slope", { output: "gradInput", message: "0.25 against a slope of 0.26" }),
];

const REFUSALS: readonly Refusal[] = [
  ...OPERATIONS.map((operation) => ({
    operation,
    reason: "f16 is not supported: the module has no half type",
    cases: 31,
  })),
  {
    operation: "linearCrossEntropy",
    reason: "more than 65,535 classes need 4 GiB of memory; the module has 2",
    cases: 12,
  },
];

function greenLane(): LaneReport {
  const cells = OPERATIONS.flatMap((operation) =>
    DTYPES.filter((dtype) => operation !== "oneHot" || dtype === "f32").map((dtype) => cell(operation, dtype)),
  );
  const backend = { name: "cpu", threads: 8, simd: false };
  return { lane: "node-cpu", backend, seconds: 48.31, totals: totals(cells), cells, failures: [], refusals: [] };
}

function brokenLane(): LaneReport {
  const cells = OPERATIONS.flatMap((operation) =>
    DTYPES.map((dtype) => {
      const failed = FAILURES.filter((each) => each.operation === operation && each.dtype === dtype).length;
      return cell(operation, dtype, { failed, refused: dtype === "f16" ? 1e9 : 0, ...(failed > 0 && { spread: 1.1 }) });
    }),
  );
  const backend = { name: "wasm", module: "surprisal.wasm", features: ["simd128", "threads"], threads: 4 };
  const judged = { totals: totals(cells), cells, failures: FAILURES, refusals: REFUSALS };
  return { lane: "node-wasm", backend, seconds: 131.7, ...judged };
}

function absentLane(): LaneReport {
  return {
    lane: "chromium-webgpu",
    backend: {},
    problem: "could not start: navigator.gpu.requestAdapter() gave null, the browser runs without a Vulkan device",
    seconds: 2.04,
    totals: { cases: 0, passed: 0, failed: 0, refused: 0, numbers: 0 },
    cells: [],
    failures: [],
    refusals: [],
  };
}

/** The made-up report. */
export function sampleReport(): ConformanceReport {
  return {
    format: 1,
    created: "2026-03-14T09:26:53.589Z",
    runtime: "Node 24.21.0, linux x64",
    command: "npx -y pnpm@12 conformance --lanes node-cpu,node-wasm,chromium-webgpu",
    lanes: [greenLane(), brokenLane(), absentLane()],
  };
}
