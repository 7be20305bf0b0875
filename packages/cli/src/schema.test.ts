import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { toJson } from "./report/json.ts";
import { writeState } from "./state/file.ts";
import { fixture, run } from "./testing/io.ts";
import { npyBytes, temporary } from "./testing/npy.ts";
import { rowBlock, someRows } from "./testing/rows.ts";
import { shardState } from "./testing/states.ts";

function validator(command: string): ValidateFunction {
  const schema: unknown = JSON.parse(readFileSync(new URL(`../schema/${command}.json`, import.meta.url), "utf8"));
  // strict: a schema with a word that means nothing is a mistake
  return new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema as object);
}

/** What a command's output breaks in its schema, and what the schema breaks when a member is taken away. */
async function expectValid(command: string, ...argv: readonly string[]): Promise<void> {
  const { code, stdout } = await run(command, ...argv, "--json");
  expect(code).toBe(0);
  const output = JSON.parse(stdout) as Record<string, unknown>;
  const validate = validator(command);
  validate(output);
  expect(validate.errors ?? []).toEqual([]);
  const { rows: _rows, ...without } = output;
  expect(validate(without)).toBe(false);
  expect(validate({ ...output, rows: "many" })).toBe(false);
  expect(toJson(output)).toBe(stdout);
}

const LOGITS = fixture("logits-f4.npy");
const TARGETS = fixture("targets-i8.npy");

it("eval writes what its schema says", async () => {
  await expectValid("eval", LOGITS, TARGETS);
  await expectValid("eval", LOGITS, TARGETS, "--reduction", "none");
  await expectValid("eval", LOGITS, fixture("probabilities.npy"));
  await expectValid("eval", fixture("empty-logits.npy"), fixture("empty-targets.npy"));
});

it("eval of losses that are not finite too", async () => {
  const logits = temporary(npyBytes({ descr: "<f8", shape: "(2, 2)", data: Float64Array.of(0, NaN, -Infinity, 1) }));
  const targets = temporary(npyBytes({ descr: "<i4", shape: "(2,)", data: Int32Array.of(0, 0) }));
  await expectValid("eval", logits, targets);
  await expectValid("eval", fixture("broken-logits.npy"), fixture("broken-targets.npy"));
});

it("compare writes what its schema says", async () => {
  await expectValid("compare", LOGITS, LOGITS, TARGETS);
  await expectValid(
    "compare",
    fixture("broken-logits.npy"),
    fixture("broken-logits.npy"),
    fixture("broken-targets.npy"),
  );
});

it("merge writes what its schema says", async () => {
  const file = temporary(new Uint8Array(), "state.json");
  await writeState(file, shardState(rowBlock(someRows(9, 50, 4)), { index: 1, count: 1 }));
  await expectValid("merge", file);
});
