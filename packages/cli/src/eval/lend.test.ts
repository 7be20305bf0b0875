import type { Backend } from "@surprisal/core";
import { cpu } from "@surprisal/core";
import { wasm } from "@surprisal/wasm";
import { expect, it } from "vitest";
import { Captured } from "../testing/io.ts";
import { npyBytes, temporary } from "../testing/npy.ts";
import { categoricalEvaluator } from "./categorical.ts";
import { planOf } from "./evaluate.ts";
import { openInputs } from "./inputs.ts";
import { runEval } from "./run.ts";
import type { EvaluationPlan } from "./evaluator.ts";

const [ROWS, CLASSES] = [1000, 7];
const logits = Float32Array.from({ length: ROWS * CLASSES }, (_, i) => ((i * 7919) % 1013) / 100 - 5);
const LOGITS = temporary(npyBytes({ shape: `(${ROWS}, ${CLASSES})`, data: logits }));
const TARGETS = temporary(
  npyBytes({ descr: "<i4", shape: `(${ROWS},)`, data: Int32Array.from({ length: ROWS }, (_, i) => i % CLASSES) }),
);
const OPTIONS = { reduction: "mean", backend: "wasm", json: true } as const;

/** The report of an evaluation in many blocks, without what the clock says. */
async function report(create: () => Promise<Backend>): Promise<unknown> {
  const [stdout, stderr] = [new Captured(), new Captured()];
  const files = { logits: LOGITS, targets: TARGETS };
  await runEval(
    files,
    OPTIONS,
    { stdout, stderr },
    { entries: [{ name: "wasm", create }], blockBytes: 10 * 4 * CLASSES },
  );
  const { milliseconds: _, ...rest } = JSON.parse(stdout.text) as Record<string, unknown>;
  return rest;
}

async function plan(change: Partial<EvaluationPlan> = {}): Promise<EvaluationPlan> {
  const inputs = await openInputs(
    { logits: LOGITS, targets: TARGETS, weight: undefined, rowWeight: undefined },
    OPTIONS,
  );
  inputs.close();
  return { ...(await planOf(inputs, {}, { fromProbabilities: false, posWeight: undefined })), ...change };
}

it("blocks that are read to the backend's memory give the same as those that are copied there", async () => {
  const lent = await report(() => wasm({ threads: 2, chunk: 64 }));
  const copied = await report(() => wasm({ threads: 1, chunk: 64 }));
  expect(lent).toEqual(copied);
});

it("memory is lent where threads share it, and logits are taken as they are", async () => {
  const usual = categoricalEvaluator(await plan(), await wasm({ threads: 2 }));
  const place = usual.lend?.(70);
  expect(place).toHaveLength(70);
  expect(place?.buffer).toBeInstanceOf(SharedArrayBuffer);
  usual.dispose();

  const logarithms = categoricalEvaluator(await plan({ fromProbabilities: true }), await wasm({ threads: 2 }));
  expect(logarithms.lend?.(70)).toBeUndefined();
  logarithms.dispose();

  for (const backend of [await wasm({ threads: 1 }), cpu()]) {
    const other = categoricalEvaluator(await plan(), backend);
    expect(other.lend?.(70)).toBeUndefined();
    other.dispose();
  }
});
