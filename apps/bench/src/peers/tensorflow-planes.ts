import {
  add,
  addN,
  div,
  exp,
  gatherND,
  log,
  maximum,
  mul,
  reshape,
  scatterND,
  stack,
  sub,
  type Tensor,
  tensor,
  unstack,
} from "@tensorflow/tfjs-core";
import { geometryOf } from "../cases.ts";
import type { CaseData } from "../contestant.ts";
import { floats } from "../contestants/inputs.ts";
import { type Forms, meanOf, targetsOf } from "./tensorflow-forms.ts";

/** Cross entropy of few strided classes by elementwise operations on the class planes, without a reduction over classes. */
export function crossEntropyOnPlanes(data: CaseData): Forms {
  const { shape } = data.benchCase;
  const { outer, classes, inner } = geometryOf(data.benchCase);
  const rows = outer * inner;
  const logits = tensor(floats(data, "logits"), [outer, classes, inner]);
  const targets = targetsOf(data);
  return {
    inputs: [logits, targets.positions, targets.minus],
    compute(pass) {
      const planes: Tensor[] = unstack(logits, 1);
      const max = planes.reduce((most, plane) => maximum(most, plane));
      const exps = planes.map((plane) => exp(sub(plane, max)));
      const sums = addN(exps);
      const picked = gatherND(reshape(logits, [logits.size]), targets.positions);
      const loss = meanOf(sub(reshape(add(max, log(sums)), [rows]), picked));
      if (pass === "forward") return { loss };
      const scale = div(1 / rows, sums);
      const shares = stack(
        exps.map((each) => mul(each, scale)),
        1,
      );
      const positions = targets.positions as Parameters<typeof scatterND>[0];
      const minuses = scatterND(positions, targets.minus, [logits.size]);
      return { loss, gradLogits: reshape(add(reshape(shares, [logits.size]), minuses), [...shape]) };
    },
  };
}
