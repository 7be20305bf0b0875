import type { Backend } from "@surprisal/core";
import * as fc from "fast-check";
import type { Case, Peer } from "../case.ts";
import { judge, type Verdict } from "../judge/judge.ts";
import { FLOAT32 } from "../oracle/algebra.ts";
import type { Problem } from "../problem.ts";
import type { LaneReport } from "../report/report.ts";
import { arbitraryAddress } from "../soak/arbitrary.ts";
import { familiesOf, type SoakOptions } from "../soak/soak.ts";
import { FAMILIES } from "../cases/all.ts";
import { caseOf } from "../suite.ts";
import { Tally } from "../tally.ts";
import { policyOf } from "./policy.ts";
import { Torch, type TorchAnswer } from "./torch.ts";
import { isKnown, outputsOf, type Question, toTorch } from "./translate.ts";

/** A case that PyTorch has been asked for. */
interface Asked {
  readonly subject: Case;
  readonly problem: Problem;
  readonly question: Question;
  readonly answer: Promise<TorchAnswer>;
}

/** Addresses that are drawn at once. */
const CHUNK = 64;
/** From the seed of one chunk to that of the next; large, so that runs with neighbouring seeds share none. */
const STRIDE = 0x9e37;
/** Questions that are asked ahead, so that PyTorch works while its answers are judged. */
const AHEAD = 8;

/**
 * Judges random cases against PyTorch itself until the time is over: each is judged as always, and against PyTorch's answer to
 * the very same numbers. `compat: "torch"` must have its NaN and infinities in every place; the default policy may differ
 * in the declared corners. `options.address` is how the families' names start.
 *
 * @returns the lane's report. Without PyTorch, or without the backend, it has a `problem`.
 * @throws Error where no family has such a name, or where PyTorch is asked what makes no sense
 * @example
 * ```ts
 * const report = await torchSweep({ name: "cpu", create: () => cpu(), address: "softmax", seconds: 3, seed: 7 });
 * console.log(report.totals.failed, report.backend["torch"]); // 0 1.13.0a0
 * ```
 */
export async function torchSweep(options: SoakOptions): Promise<LaneReport> {
  const { name, create, seed } = options;
  const families = familiesOf(
    options.address,
    FAMILIES.filter((each) => isKnown(each.operation)),
  );
  const tally = new Tally(name);
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let torch: Torch | undefined;
  let backend: Backend | undefined;
  try {
    torch = await Torch.start();
    backend = await create();
  } catch (error) {
    await torch?.close();
    return { ...tally.report({}, seconds()), problem: `could not start: ${String(error)}` };
  }
  try {
    const cases = questions(arbitraryAddress(families), seed);
    await sweep(cases, torch, backend, tally, options);
    const report = tally.report({ ...backend.describe(), torch: torch.version }, seconds());
    return report.totals.cases > 0 ? report : { ...report, problem: "no case was run" };
  } finally {
    backend.dispose();
    await torch.close();
  }
}

/** Cases that PyTorch can be asked for, without end. */
function* questions(addresses: fc.Arbitrary<string>, seed: number): Generator<Omit<Asked, "answer">, never> {
  for (let chunk = 0; ; chunk++) {
    for (const address of fc.sample(addresses, { seed: seed + chunk * STRIDE, numRuns: CHUNK })) {
      const subject = caseOf(address);
      const problem = subject.problem();
      const question = toTorch(problem);
      if (question !== undefined) yield { subject, problem, question };
    }
  }
}

async function sweep(
  cases: Generator<Omit<Asked, "answer">, never>,
  torch: Torch,
  backend: Backend,
  tally: Tally,
  { seconds, onCase, arithmetic = FLOAT32, mode = "all" }: SoakOptions,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const asked: Asked[] = [];
  for (let done = 1; performance.now() < end; done++) {
    while (asked.length < AHEAD) asked.push(ask(torch, cases.next().value));
    const next = asked.shift();
    if (next === undefined) return;
    const { subject, problem } = next;
    const peer = peerOf(next, await next.answer);
    const verdict = await judge({ ...subject, problem: () => problem, peer }, backend, arithmetic, mode);
    tally.add(subject, explained(verdict, peer));
    onCase?.({ address: subject.address, done, all: Infinity });
  }
}

function ask(torch: Torch, each: Omit<Asked, "answer">): Asked {
  const answer = torch.ask(each.question.line);
  answer.catch(() => undefined); // heard of where it is awaited, which may be never
  return { ...each, answer };
}

/** A peer, and what there is to say against it. */
interface LivePeer extends Peer {
  /** Where PyTorch's answer is not what the oracle says it is. */
  readonly surprise?: string;
}

function peerOf({ subject, problem, question }: Asked, answer: TorchAnswer): LivePeer {
  if ("error" in answer) return { refuses: true, surprise: `PyTorch refuses: ${answer.type}: ${answer.error}` };
  const outputs = outputsOf(question, subject.operation, answer.outputs);
  return { outputs, ...policyOf(problem, outputs) };
}

/** A verdict in which PyTorch's own answer counts, too. */
function explained(verdict: Verdict, { refuses = false, surprise }: LivePeer): Verdict {
  if (surprise === undefined) return verdict;
  if (refuses) {
    if (verdict.kind !== "failed") return verdict;
    return { ...verdict, complaint: { ...verdict.complaint, message: `${verdict.complaint.message}; ${surprise}` } };
  }
  if (verdict.kind !== "passed") return verdict;
  return { kind: "failed", complaint: { stage: "class", message: surprise }, measured: verdict.measured };
}
