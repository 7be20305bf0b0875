import {
  type Backend,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  crossEntropyWithGrad,
  linearCrossEntropy,
  randint,
  randn,
  type Tensor,
  tensor,
} from "@surprisal/core";
import { lossBound } from "../demo/check.ts";

/** A computation whose results are known. */
export interface Known {
  readonly name: string;
  /** In f64 by PyTorch 1.13; of `rows` by a loop over the same random numbers. */
  readonly expected: readonly number[];
  /** How far a result may be off. A gradient's element is a probability less a number, and has the bound of the loss. */
  readonly bound: number;
  /** Results in the order of `expected`. */
  readonly compute: (backend: Backend) => Promise<readonly number[]>;
}

/** Relative error that exp may have for an argument of −17, and the rounding of what follows [WGSL: 3 + 2|x| ULP]. */
const AFTER_EXP = (3 + 2 * 17 + 3) * 2 ** -23;

/** Small cases that a wrong driver or engine gets wrong; every kind of kernel is in them, and several threads. */
export const KNOWN: readonly Known[] = [
  {
    name: "loss",
    expected: [0.487_839_485_095_263_65],
    bound: lossBound({ classes: 2, spread: 0.6 }),
    compute: async (backend) => {
      const logits = [
        [0.8, 0.2],
        [0.3, 0.7],
        [0.7, 0.3],
      ];
      using loss = crossEntropy(tensor(logits, { dtype: "f32", backend }), indices([0, 1, 0], backend));
      return [await loss.item()];
    },
  },
  {
    name: "confident loss",
    expected: [4.139_937_633_089_748e-8],
    bound: 4.14e-8 * AFTER_EXP,
    compute: async (backend) => {
      using loss = crossEntropy(tensor([[17, 0]], { dtype: "f32", backend }), indices([0], backend));
      return [await loss.item()];
    },
  },
  {
    name: "loss and gradient, weighted, smoothed, a row ignored",
    expected: [
      2.059_191_628_933_318_5, 0.117_668_091_314_454_22, -0.012_715_107_184_745_838, -0.104_952_984_129_708_37,
      0.016_281_870_953_982_75, -0.015_012_385_268_653_504, -0.001_269_485_685_329_217_7, 0, 0, 0,
      -0.266_054_537_579_023_1, 0.023_865_943_051_040_936, 0.242_188_594_527_982_1,
    ],
    bound: lossBound({ classes: 3, spread: 6 }),
    compute: async (backend) => {
      const logits = [
        [2, -1, 0.5],
        [0, 3, -2],
        [1, 1, 1],
        [-4, 0.25, 2],
      ];
      const weight = tensor([1, 2, 0.5], { dtype: "f32", backend });
      return lossAndGradient(tensor(logits, { dtype: "f32", backend }), indices([2, 1, -100, 0], backend), {
        weight,
        labelSmoothing: 0.1,
      });
    },
  },
  {
    name: "rows: [256, 1000]",
    // the mean, and the sum of the gradient's absolute values
    expected: [7.424_039_160_147_773, 1.998_111_436_605_484_6],
    bound: lossBound({ classes: 1000, spread: 8.3 }),
    compute: async (backend) => {
      const logits = randn([256, 1000], { seed: 1, backend });
      const target = randint(0, 1000, [256], { seed: 2, backend });
      const [loss = NaN, ...gradient] = await lossAndGradient(logits, target);
      return [loss, gradient.reduce((sum, each) => sum + Math.abs(each), 0)];
    },
  },
  {
    name: "linear layer and loss",
    expected: [1.290_505_301_882_364_7],
    bound: lossBound({ classes: 4, spread: 5.25 }),
    compute: async (backend) => {
      const hidden = tensor([1, -0.5, 0.25, 0.5, 0.75, -1], [2, 3], { dtype: "f32", backend });
      const weight = tensor([1, 0, 2, -1, 0.5, 0, 0.25, 0.25, 0.25, 2, -2, 1], [4, 3], { dtype: "f32", backend });
      using loss = linearCrossEntropy(hidden, weight, indices([3, 0], backend));
      return [await loss.item()];
    },
  },
  {
    name: "binary loss",
    expected: [7.783_334_219_780_309],
    bound: lossBound({ classes: 2, spread: 30 }),
    compute: async (backend) => {
      const x = tensor([2, -1, 0, -30], { dtype: "f32", backend });
      using loss = binaryCrossEntropyWithLogits(x, tensor([1, 0, 0.25, 1], { dtype: "f32", backend }));
      return [await loss.item()];
    },
  },
];

function indices(values: readonly number[], backend: Backend): Tensor<"i64"> {
  return tensor(values, { dtype: "i64", backend });
}

async function lossAndGradient(
  logits: Tensor,
  target: Tensor,
  options: Parameters<typeof crossEntropyWithGrad>[2] = {},
): Promise<number[]> {
  const { loss, grad } = crossEntropyWithGrad(logits, target, options);
  return [await loss.item(), ...Array.from(await grad.data(), Number)];
}
