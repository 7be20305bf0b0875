import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXIT } from "../exit.ts";
import { runBuilt } from "../testing/built.ts";
import { fixture, run } from "../testing/io.ts";
import type { EvalReport } from "./report.ts";

// Files by NumPy, PyTorch, Python's csv and json, DuckDB, apache-arrow and Polars: fixtures/make-formats.py, make-tables.mjs.

const expected = JSON.parse(readFileSync(fixture("expected-formats.json"), "utf8")) as Readonly<Record<string, number>>;

async function evaluate(...argv: string[]): Promise<EvalReport> {
  return reportOf(run, argv);
}

async function reportOf(program: typeof run | typeof runBuilt, argv: readonly string[]): Promise<EvalReport> {
  const files = argv.map((each) => (/\.[a-z]+$/.test(each) ? fixture(each) : each));
  const { code, stdout, stderr } = await program("eval", ...files, "--json", "--backend", "wasm");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as EvalReport;
}

/** f32 results are one rounding of an f64 computation. */
function expectClose(actual: unknown, of: number | undefined): void {
  expect(Math.abs(Number(actual) - Number(of))).toBeLessThanOrEqual(2 ** -24 * Number(of));
}

describe("the same predictions in every format, by the built program", () => {
  const pair = ["--logits", "logits", "--target"] as const;
  const columns = ["--logits", "class_*", "--target", "label"] as const;

  it.concurrent.each<[string, string[]]>([
    ["npy", ["logits-f4.npy", "targets-i8.npy"]],
    ["npz", ["predictions.npz", ...pair, "targets"]],
    ["npz, deflated, Fortran order", ["predictions-deflated.npz", ...pair, "targets"]],
    ["npz of one array, npy", ["single.npz", "targets-i8.npy"]],
    ["safetensors", ["predictions.safetensors", ...pair, "targets"]],
    ["safetensors, f64, u8", ["predictions.safetensors", "--logits", "logits_f64", "--target", "targets_u8"]],
    ["Parquet by DuckDB, lists, snappy", ["predictions.parquet", ...pair, "target"]],
    ["Parquet by DuckDB, columns, gzip", ["scores-gzip.parquet", ...columns]],
    ["Parquet by DuckDB, columns, zstd", ["scores-zstd.parquet", ...columns]],
    ["Parquet by DuckDB, lists, LZ4", ["predictions-lz4.parquet", ...pair, "target"]],
    ["Parquet by Polars, LZ4", ["polars-lz4.parquet", ...pair, "target"]],
    ["Arrow file, lists of fixed size", ["predictions.arrow", ...pair, "target"]],
    ["Arrow stream, lists", ["predictions.arrows", ...pair, "target"]],
    ["Arrow file by Polars, large lists, views of text, LZ4", ["polars-lz4.arrow", ...pair, "target"]],
    ["Arrow file by Polars, zstd", ["polars-zstd.arrow", ...pair, "target"]],
    ["CSV, quoted text among numbers", ["scores.csv", ...columns]],
    ["CSV, columns by their names", ["scores.csv", "--logits", "class_0,class_1, class_2", "--target", "label"]],
    ["TSV without names, CSV of one column", ["logits.tsv", "targets.csv"]],
    ["JSON lines", ["predictions.jsonl", ...pair, "target"]],
    ["shards", ["shards/logits-*.npy", "shards/targets-*.npy"]],
    ["files of different formats", ["predictions.parquet", "targets-i8.npy", "--logits", "logits"]],
    ["one-hot targets", ["logits-f4.npy", "one-hot.npy"]],
    ["one-hot targets of bool", ["logits-f4.npy", "one-hot-bool.npy"]],
    ["probabilities of PyTorch's softmax", ["softmax.npy", "targets-i8.npy", "--from-probabilities"]],
  ])("%s", async (_what, argv) => {
    const { loss, keptRows, logits } = await reportOf(runBuilt, argv);
    expect({ keptRows, shape: logits.shape }).toEqual({ keptRows: 5, shape: [5, 3] });
    expect(Number(loss) / (expected["mean"] ?? NaN)).toBeCloseTo(1, 6);
  });

  it("bf16", async () => {
    const { loss, logits } = await evaluate(
      "predictions.safetensors",
      "--logits",
      "logits_bf16",
      "--target",
      "targets",
    );
    expect(logits.dtype).toBe("bf16");
    expectClose(loss, expected["bf16"]);
  });

  it("integer logits, as f64", async () => {
    expectClose((await evaluate("logits-integer.npy", "targets-i8.npy")).loss, expected["integer"]);
  });

  it("-Infinity, as Python writes it into JSON", async () => {
    expectClose((await evaluate("masked.jsonl", "targets-i8.npy")).loss, expected["masked"]);
  });

  it("sizes that a format does not tell are known at the end", async () => {
    const { targets, logits } = await evaluate("predictions.arrow", ...pair, "target");
    expect(logits).toMatchObject({ shape: [5, 3], dtype: "f32", classDim: 1 });
    expect(targets).toMatchObject({ shape: [5], dtype: "i32", kind: "indices", file: fixture("predictions.arrow") });
  });
});

describe("binary losses", () => {
  it.each<[string, string[], string]>([
    ["labels", ["binary-logits.npy", "binary-labels.npy"], "binary"],
    ["degrees", ["binary-logits.npy", "binary-degrees.npy"], "binaryDegrees"],
    ["a weight of the positive", ["binary-logits.npy", "binary-labels.npy", "--pos-weight", "3"], "binaryPosWeight"],
    ["probabilities", ["binary-probabilities.npy", "binary-labels.npy", "--from-probabilities"], "binary"],
  ])("%s", async (_what, argv, name) => {
    const { loss, rows, targets, accuracy } = await evaluate(...argv, "--binary");
    expect({ rows, kind: targets.kind }).toEqual({ rows: 12, kind: "binary" });
    expect(Number(loss) / (expected[name] ?? NaN)).toBeCloseTo(1, 6);
    expect(accuracy).toBeGreaterThan(0);
  });

  it("options of the other losses do not go with them", async () => {
    const files = [fixture("binary-logits.npy"), fixture("binary-labels.npy")];
    const { code, stderr } = await run("eval", ...files, "--binary", "--label-smoothing", "0.1");
    expect({ code, stderr }).toEqual({
      code: EXIT.usage,
      stderr: "surprisal: --label-smoothing is an option of losses over classes; it does not go with --binary\n",
    });
  });
});

describe("what is refused: one line, exit code 3, nothing on stdout", () => {
  it.each<[string, string[], RegExp]>([
    [
      "a null",
      ["refused-null.parquet", "--logits", "id", "--target", "target", "--binary"],
      /row 3, column "target": a number required; got null/,
    ],
    [
      "lists of different lengths",
      ["refused-ragged.arrow", "--logits", "logits", "--target", "target"],
      /row 4, column logits: a list of 3 required.*got one of 2/,
    ],
    ["a file of torch.save", ["refused-torch.pt", "targets-i8.npy"], /pickled objects, which are never loaded/],
    [
      "an array that is not there",
      ["predictions.npz", "--logits", "logit", "--target", "targets"],
      /no array "logit" \(--logits\); it has "logits", "targets"/,
    ],
    [
      "several arrays, none named",
      ["predictions.npz", "targets-i8.npy"],
      /--logits must name an array; it has "logits", "targets"/,
    ],
    [
      "a column that is not there",
      ["scores.csv", "--logits", "klass_*", "--target", "label"],
      /no column "klass_\*" \(--logits\); it has id, text/,
    ],
    [
      "text in a column of numbers",
      ["scores.csv", "--logits", "text", "--target", "label", "--binary"],
      /line 2, column "text": a number required; got "said \\"no\\"/,
    ],
    [
      "a key that is not there",
      ["predictions.jsonl", "--logits", "logits", "--target", "label"],
      /line 1: no key "label" \(--target\); it has "text", "logits", "target"/,
    ],
    [
      "a name for a .npy file",
      ["logits-f4.npy", "targets-i8.npy", "--logits", "x"],
      /holds one array, which has no name \(--logits\)/,
    ],
    [
      "fewer targets than logits",
      ["logits.tsv", "shards/targets-9.npy"],
      /as many rows as the logits have required; it ends after 2/,
    ],
    [
      "more targets than logits",
      ["shards/logits-9.npy", "targets.csv"],
      /2 rows required, as the logits have; it has more/,
    ],
    ["shards of different rows", ["*-f4.npy", "targets-i8.npy", "--logits", "x"], /holds one array/],
    [
      "a format that nothing tells",
      ["make.py", "targets-i8.npy"],
      /neither its name nor its first bytes tell its format: name it with --format/,
    ],
    [
      "the wrong format",
      ["logits-f4.npy", "targets-i8.npy", "--format", "parquet"],
      /truncated: a Parquet file ends with PAR1/,
    ],
    [
      "probabilities that are none",
      ["logits-f4.npy", "targets-i8.npy", "--from-probabilities"],
      /row 0 .*sum to 1.*smallest one of -0\.27/,
    ],
    ["a pattern without a file", ["no-*.npy", "targets-i8.npy"], /no file has such a name/],
  ])("%s", async (_what, argv, message) => {
    const files = argv.map((each) => (/\.[a-z]+$/.test(each) ? fixture(each) : each));
    const { code, stdout, stderr } = await run("eval", ...files, "--json", "--backend", "wasm");
    expect({ code, stdout }).toEqual({ code: EXIT.badInput, stdout: "" });
    expect(stderr).toMatch(/^surprisal: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });
});
