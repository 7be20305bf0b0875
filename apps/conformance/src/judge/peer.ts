import type { PeerOutput } from "../case.ts";
import type { Problem } from "../problem.ts";
import type { Arithmetic } from "../oracle/algebra.ts";
import type { Expected } from "../oracle/expected.ts";
import { ulp } from "../oracle/rounding.ts";
import { distanceInUlp } from "./compare.ts";

/** An output beside PyTorch's. */
export interface AgainstPeer {
  readonly stage: "class" | "peer" | "shape";
  readonly complaint: string | undefined;
  /** Our worst error over PyTorch's; below 1 is better than PyTorch. Undefined where the oracle cannot tell: in f64. */
  readonly ratio: number | undefined;
}

/** Half a unit in the last place: what a result cannot be better than. */
const ROUNDING = 0.5;

/**
 * An interval of more ULP than this is the measure itself. Where terms cancel a result is small by chance, and its ULP with it:
 * errors of hundreds of them are nobody's merit or fault, and the worst one would decide.
 */
const MEASURED_IN_ULP = 8;

/**
 * Whether an output is computed from a result that is rounded and stored before: the exponential of a loss, the sum of a
 * stretched gradient. PyTorch's is too, and which of the two roundings happens to be the better one says nothing.
 */
export function isFromStored({ operation, inputs }: Problem, output: string): boolean {
  if (operation === "perplexity") return true;
  const [input, target] = [inputs["input"], inputs["target"]];
  return operation === "klDivergence" && output === "gradInput" && input?.shape.join() !== target?.shape.join();
}

/**
 * Holds an output against PyTorch's own for the same inputs: the same NaN and infinities (unless a declared corner `departs`),
 * and a worst error of at most twice PyTorch's own worst error, and as many units more as the arithmetic's `exp` may be off by,
 * at least one. A unit is an ULP, or an eighth of the interval where that is more. Both errors are measured from the oracle, which
 * in f64 is no closer to the truth than either.
 */
export function comparePeer(
  truth: Expected,
  got: Float64Array,
  peer: PeerOutput,
  { departs, arithmetic }: { readonly departs: boolean; readonly arithmetic: Arithmetic },
): AgainstPeer {
  const { dtype, values, errors, shape } = truth;
  if (peer.shape.join() !== shape.join()) {
    return {
      stage: "shape",
      complaint: `[${shape.join()}] where PyTorch gives [${peer.shape.join()}]`,
      ratio: undefined,
    };
  }
  let ours = 0;
  let theirs = 0;
  for (let i = 0; i < values.length; i++) {
    const [value, number, other] = [values[i] ?? NaN, got[i] ?? NaN, peer.values[i] ?? NaN];
    if (!Number.isFinite(other) || !Number.isFinite(number)) {
      const same = Object.is(other, number);
      if (!same && !departs) {
        return { stage: "class", complaint: `element ${i} is ${number}, PyTorch's ${other}`, ratio: undefined };
      }
      continue;
    }
    const allowed = errors[i] ?? 0;
    const unit = Math.max(1, allowed / ulp(dtype, value) / MEASURED_IN_ULP);
    ours = Math.max(ours, distanceInUlp(dtype, value, allowed, number) / unit);
    theirs = Math.max(theirs, distanceInUlp(dtype, value, allowed, other) / unit);
  }
  if (dtype === "f64") return { stage: "peer", complaint: undefined, ratio: undefined };
  const ratio = Math.max(ours, ROUNDING) / Math.max(theirs, ROUNDING);
  const expInUlp = (arithmetic.exp(0) * arithmetic.unit) / (ulp(dtype, 1) / 2);
  const tooFar = ours > 2 * theirs + Math.max(1, expInUlp);
  const complaint = tooFar ? `${ours} ULP off, where PyTorch is ${theirs} off` : undefined;
  return { stage: "peer", complaint, ratio };
}
