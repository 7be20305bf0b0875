import {
  type Backend,
  cpu,
  isSurprisalError,
  linearCrossEntropy,
  linearCrossEntropyWithGrad,
  tensor,
} from "@surprisal/core";
import { gpu } from "@surprisal/gpu";
import { wasm } from "@surprisal/wasm";
import { complaintsOf, type Run, tableOf } from "./report.ts";
import { CLASSES, type Corpus, FEATURES, type Positions, readCorpus } from "./text.ts";

const STEPS = 50;
const BATCH = 256;
const RATE = 0.5;
const MOMENTUM = 0.9;

/** What is trained: weight `[CLASSES, FEATURES]` and bias `[CLASSES]`. From zeros, where all words are equally likely. */
interface Head {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** How a backend is made, by name. */
export type Factories = Readonly<Record<string, () => Backend | Promise<Backend>>>;

/** What every backend that can be had gave, and what is wrong with it. */
export interface Outcome {
  readonly runs: readonly Run[];
  readonly complaints: readonly string[];
}

/** Trains the same head with each backend that can be had, and prints their losses side by side. */
export async function languageModelHead(
  print: (line: string) => void,
  factories: Factories = { cpu, wasm, gpu },
): Promise<Outcome> {
  const corpus = readCorpus();
  const size = `[${CLASSES}, ${FEATURES}]`;
  print(`A text of ${corpus.words} words, a head of ${size}, ${STEPS} steps on ${BATCH} positions each.\n`);
  const runs: Run[] = [];
  for (const [name, create] of Object.entries(factories)) {
    const backend = await open(name, create, print);
    if (backend === undefined) continue;
    const run = await train(name, backend, corpus);
    backend.dispose(); // and with it all that is left on the device
    print(`${name}: ${run.seconds.toFixed(1)} s`);
    runs.push(run);
  }
  for (const line of tableOf(runs)) print(line);
  return { runs, complaints: complaintsOf(runs) };
}

/** The backend, or nothing where this machine lacks what it needs; the error says what that is. */
async function open(
  name: string,
  create: () => Backend | Promise<Backend>,
  print: (line: string) => void,
): Promise<Backend | undefined> {
  try {
    return await create();
  } catch (error) {
    if (!isSurprisalError(error) || error.code !== "backend-unavailable") throw error;
    print(`${name} is left out: ${error.message}`);
    return undefined;
  }
}

/** Stochastic gradient descent with momentum. Features stay where the backend computes; only the head comes and goes. */
async function train(name: string, backend: Backend, { train: known, heldOut }: Corpus): Promise<Run> {
  const started = performance.now();
  const rows = known.target.length;
  using hidden = tensor(known.hidden, [rows, FEATURES], { backend });
  using target = tensor(known.target, [rows], { backend });
  const head = zeroHead();
  const velocity = zeroHead();
  const before = await lossOf(backend, head, heldOut);
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const start = (step * BATCH) % (rows - BATCH);
    using weight = tensor(head.weight, [CLASSES, FEATURES], { backend });
    using bias = tensor(head.bias, [CLASSES], { backend });
    const result = linearCrossEntropyWithGrad(
      hidden.slice(0, start, start + BATCH), // a view: nothing is copied
      weight,
      target.slice(0, start, start + BATCH),
      { bias, gradients: ["weight", "bias"] }, // features are frozen, so theirs is not needed
    );
    using loss = result.loss;
    using gradWeight = result.gradWeight;
    using gradBias = result.gradBias;
    losses.push(await loss.item()); // the call above has only queued the work; reading waits for it
    descend(head.weight, velocity.weight, await gradWeight.data());
    if (gradBias !== undefined) descend(head.bias, velocity.bias, await gradBias.data()); // none without a bias
  }
  const after = await lossOf(backend, head, heldOut);
  return { name, losses, before, after, seconds: (performance.now() - started) / 1000 };
}

/** The mean loss of all positions, in nats; no gradient. */
async function lossOf(backend: Backend, head: Head, { hidden, target }: Positions): Promise<number> {
  const rows = target.length;
  using features = tensor(hidden, [rows, FEATURES], { backend });
  using words = tensor(target, [rows], { backend });
  using weight = tensor(head.weight, [CLASSES, FEATURES], { backend });
  using bias = tensor(head.bias, [CLASSES], { backend });
  using loss = linearCrossEntropy(features, weight, words, { bias });
  return await loss.item();
}

/** Moves a parameter down its gradient, in place. The arrays round to f32, which is what every backend computes on. */
function descend(parameter: Float32Array, velocity: Float32Array, gradient: ArrayLike<number>): void {
  for (let i = 0; i < parameter.length; i++) {
    velocity[i] = MOMENTUM * (velocity[i] as number) + (gradient[i] as number);
    parameter[i] = (parameter[i] as number) - RATE * (velocity[i] as number);
  }
}

function zeroHead(): Head {
  return { weight: new Float32Array(CLASSES * FEATURES), bias: new Float32Array(CLASSES) };
}
