import { afterEach, beforeEach, expect, it } from "vitest";
import { EXIT } from "../exit.ts";
import { interrupt } from "../interrupt.ts";
import { Metrics } from "../metrics/metrics.ts";
import { DEFAULT_METRICS } from "../metrics/settings.ts";
import { npyBytes, temporary } from "../testing/npy.ts";
import { rowBlock } from "../testing/rows.ts";
import { type EvaluateOptions, evaluateRows } from "./evaluate.ts";
import { type EvalInputs, openInputs } from "./inputs.ts";

/** Rows of a position: classes lie that far apart. */
const INNER = 7;

let inputs: EvalInputs;
beforeEach(async () => {
  const logits = temporary(npyBytes({ descr: "<f4", shape: "(43, 3, 7)", data: new Float32Array(43 * 3 * INNER) }));
  const targets = temporary(npyBytes({ descr: "<i4", shape: "(43, 7)", data: new Int32Array(43 * INNER) }));
  const files = { logits, targets, weight: undefined, rowWeight: undefined };
  inputs = await openInputs(files, { reduction: "mean", backend: "cpu" });
});
afterEach(() => inputs.close());

/** One row at a time, interrupted in the midst of the row that is given. */
async function interruptedAt(row: number, checkpoint: EvaluateOptions["checkpoint"]): Promise<unknown> {
  const metrics = new Metrics({ classes: 3, indices: true, ...DEFAULT_METRICS });
  const evaluated = evaluateRows(
    inputs,
    ({ firstRow }) => {
      if (firstRow === row) interrupt();
      return Promise.resolve(rowBlock([{}], firstRow));
    },
    {
      keepLosses: false,
      progress: { update() {}, stop() {} },
      total: 43 * INNER,
      blockBytes: 1,
      turn: 0,
      pause: -1,
      metrics,
      checkpoint,
    },
  );
  return evaluated.then(
    () => "done",
    (error: unknown) => error,
  );
}

it("an interruption within a position leaves the rows of the checkpoint before", async () => {
  const kept: number[] = [];
  const error = await interruptedAt(9, (rows) => {
    const whole = rows % INNER === 0;
    if (whole) kept.push(rows);
    return Promise.resolve(whole);
  });
  expect(kept).toEqual([7]);
  expect(error).toMatchObject({
    exitCode: EXIT.interrupted,
    message: "interrupted after 10 rows of 301 (3 %); the same command with --resume goes on after 7 of them",
  });
});

it("an interruption at the end of one leaves all of them", async () => {
  const error = await interruptedAt(13, (rows) => Promise.resolve(rows % INNER === 0));
  expect(error).toMatchObject({
    message: "interrupted after 14 rows of 301 (4 %); the same command with --resume goes on from there",
  });
});

it("without checkpoints there is no result", async () => {
  expect(await interruptedAt(0, undefined)).toMatchObject({
    message: "interrupted after 1 rows of 301 (0 %); there is no result",
  });
});
