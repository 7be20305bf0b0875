import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT } from "../exit.ts";
import { NON_FINITE_CAUSES, type NonFiniteRow } from "../metrics/non-finite.ts";
import { fixture, run } from "../testing/io.ts";
import { npyBytes, temporary } from "../testing/npy.ts";
import type { EvalReport } from "./report.ts";

const INF = Infinity;

/** Numbers as a .npy file. */
function doubles(rows: readonly (readonly number[])[] | readonly number[], descr: "<f8" | "<f4" = "<f8"): string {
  const flat = rows.flat();
  const shape = flat.length === rows.length ? `(${rows.length},)` : `(${rows.length}, ${flat.length / rows.length})`;
  return temporary(npyBytes({ descr, shape, data: descr === "<f8" ? new Float64Array(flat) : new Float32Array(flat) }));
}

function labels(...values: number[]): string {
  return temporary(npyBytes({ descr: "<i4", shape: `(${values.length},)`, data: Int32Array.from(values) }));
}

/** What is said of the losses, whose infinities JSON has as texts. */
async function nonFiniteOf(...argv: string[]): Promise<EvalReport["metrics"]["nonFinite"]> {
  const { code, stdout, stderr } = await run("eval", ...argv, "--json");
  expect({ code, stderr }).toEqual({ code: EXIT.done, stderr: "" });
  return (JSON.parse(stdout) as EvalReport).metrics.nonFinite;
}

type Expected = [row: number, loss: "NaN" | "Infinity" | "-Infinity", cause: NonFiniteRow["cause"], at: number];

async function expectRows(argv: readonly string[], expected: readonly Expected[]): Promise<void> {
  for (const backend of ["cpu", "wasm"]) {
    const { rows, causes } = await nonFiniteOf(...argv, "--backend", backend);
    expect([backend, ...rows.map((each) => [each.row, each.loss, each.cause, each.class])]).toEqual([
      backend,
      ...expected,
    ]);
    expect(causes.reduce((sum, { count }) => sum + count, 0)).toBe(expected.length);
  }
}

describe("the cause of a loss that is not finite", () => {
  const held = [[0, -INF, 1]];
  const cases: readonly [name: string, argv: readonly string[], expected: readonly Expected[]][] = [
    [
      "NaN, +∞, only −∞, −∞ at the target, a gap that no f32 holds: a file by NumPy",
      [fixture("broken-logits.npy"), fixture("broken-targets.npy")],
      [
        [1, "NaN", "logit-nan", 2],
        [2, "NaN", "logit-infinite", 1],
        [3, "NaN", "logits-all-minus-infinite", -1],
        [4, "Infinity", "target-logit-minus-infinite", 0],
        [6, "Infinity", "overflow", -1],
      ],
    ],
    ["the first broken logit counts", [doubles([[0, INF, NaN, 1]]), labels(0)], [[0, "NaN", "logit-infinite", 1]]],
    [
      "an infinite logit that the scale turns over, or makes NaN",
      [doubles([[0, -INF]]), labels(0), "--logit-scale", "-1"],
      [[0, "NaN", "logit-infinite", 1]],
    ],
    ["scale 0", [doubles([[0, INF]]), labels(0), "--logit-scale", "0"], [[0, "NaN", "logit-nan", 1]]],
    ["a softcap bounds infinities", [doubles([[0, INF, -INF]]), labels(2), "--softcap", "2"], []],
    [
      "label smoothing",
      [doubles(held), labels(0), "--label-smoothing", "0.1"],
      [[0, "Infinity", "smoothed-logit-minus-infinite", 1]],
    ],
    [
      "label smoothing, at the target",
      [doubles(held), labels(1), "--label-smoothing", "0.1"],
      [[0, "Infinity", "target-logit-minus-infinite", 1]],
    ],
    [
      "a weight below 0",
      [doubles(held), labels(1), "--weight", doubles([1, -2, 1])],
      [[0, "-Infinity", "target-logit-minus-infinite", 1]],
    ],
    ["weight 0 is no part of the loss", [doubles(held), labels(1), "--weight", doubles([1, 0, 1])], []],
    [
      "but in PyTorch 0 · ∞",
      [doubles(held), labels(1), "--weight", doubles([1, 0, 1]), "--compat", "torch"],
      [[0, "NaN", "zero-weight", 1]],
    ],
    [
      "the same by smoothing",
      [doubles(held), labels(0), "--weight", doubles([1, 0, 1]), "--compat", "torch", "--label-smoothing", "0.5"],
      [[0, "NaN", "zero-weight", 1]],
    ],
    [
      "all smoothed away",
      [doubles(held), labels(1), "--compat", "torch", "--label-smoothing", "1"],
      [[0, "NaN", "zero-target", 1]],
    ],
    [
      "PyTorch with a weight that is not 0",
      [doubles(held), labels(1), "--weight", doubles([0, 2, 1]), "--compat", "torch"],
      [[0, "Infinity", "target-logit-minus-infinite", 1]],
    ],
    [
      "probabilities",
      [doubles(held), doubles([[0.5, 0.25, 0.25]])],
      [[0, "Infinity", "target-logit-minus-infinite", 1]],
    ],
    ["probability 0 is no part of the loss", [doubles(held), doubles([[0.5, 0, 0.5]])], []],
    [
      "but in PyTorch, too",
      [doubles(held), doubles([[0.5, 0, 0.5]]), "--compat", "torch"],
      [[0, "NaN", "zero-target", 1]],
    ],
    [
      "probabilities, smoothed",
      [doubles(held), doubles([[0.5, 0, 0.5]]), "--label-smoothing", "0.5"],
      [[0, "Infinity", "smoothed-logit-minus-infinite", 1]],
    ],
    [
      "a probability that is NaN or infinite",
      [
        doubles([
          [0, 1],
          [0, 1],
        ]),
        doubles([
          [1, NaN],
          [INF, 0],
        ]),
      ],
      [
        [0, "NaN", "target-not-finite", 1],
        [1, "Infinity", "target-not-finite", 0],
      ],
    ],
    [
      "a class weight that is not finite, of the target alone",
      [
        doubles([
          [0, 1],
          [0, 1],
        ]),
        labels(1, 0),
        "--weight",
        doubles([1, NaN]),
      ],
      [[0, "NaN", "weight-not-finite", 1]],
    ],
    [
      "of any class that is smoothed",
      [doubles([[0, 1]]), labels(1), "--weight", doubles([INF, 1]), "--label-smoothing", "0.1"],
      [[0, "Infinity", "weight-not-finite", 0]],
    ],
    [
      "a class weight that is too large for the logits' f32",
      [doubles([[0, 1]], "<f4"), labels(0), "--weight", doubles([1e300, 1])],
      [[0, "Infinity", "weight-not-finite", 0]],
    ],
    [
      "a row weight that is NaN",
      [
        doubles([
          [0, 1],
          [0, 1],
        ]),
        labels(1, 0),
        "--row-weight",
        doubles([1, NaN]),
      ],
      [[1, "NaN", "row-weight-not-finite", -1]],
    ],
    ["the z-loss overflows", [doubles([[1e200, 0]]), labels(0), "--z-loss", "1"], [[0, "Infinity", "overflow", -1]]],
    [
      "probabilities instead of logits: 0 at the target",
      [
        doubles([
          [0, 1],
          [0.5, 0.5],
        ]),
        labels(0, 1),
        "--from-probabilities",
      ],
      [[0, "Infinity", "target-logit-minus-infinite", 0]],
    ],
    [
      "classes before positions",
      [
        temporary(npyBytes({ descr: "<f8", shape: "(1, 3, 2)", data: Float64Array.of(0, 1, 2, NaN, 4, 5) })),
        temporary(npyBytes({ descr: "<i4", shape: "(1, 2)", data: Int32Array.of(0, 0) })),
      ],
      [[1, "NaN", "logit-nan", 1]],
    ],
    [
      "halves",
      [temporary(npyBytes({ descr: "<f2", shape: "(1, 2)", data: Uint16Array.of(0x3c00, 0xfc00) })), labels(1)],
      [[0, "Infinity", "target-logit-minus-infinite", 1]],
    ],
  ];
  it.each(cases)("%s", async (_name, argv, expected) => {
    await expectRows(argv, expected);
  });

  it("of binary losses", async () => {
    const logits = doubles([NaN, INF, INF, -INF, -INF, 1, 1e308]);
    const targets = doubles([1, 1, 0.5, 0, 0.5, 1, 0]);
    const weights = doubles([1, 1, 1, 1, 1, NaN, 1e308]);
    await expectRows(
      [logits, targets, "--binary", "--row-weight", weights],
      [
        [0, "NaN", "logit-nan", -1],
        [2, "Infinity", "logit-infinite", -1],
        [4, "Infinity", "target-logit-minus-infinite", -1],
        [5, "NaN", "row-weight-not-finite", -1],
        [6, "Infinity", "overflow", -1],
      ],
    );
  });
});

it("the published schemas know every cause", async () => {
  for (const name of ["eval", "merge", "compare"]) {
    const { default: schema } = (await import(`../../schema/${name}.json`, { with: { type: "json" } })) as {
      default: { $defs: { cause: { enum: readonly string[] } } };
    };
    expect(schema.$defs.cause.enum).toEqual(NON_FINITE_CAUSES);
  }
});

describe("rows that are not finite", () => {
  /** 90 rows of 3 classes, of which every fourth is broken in one way or another. */
  function files(): [logits: string, targets: string] {
    const logits = Float32Array.from({ length: 270 }, (_, i) => Math.sin(i * i));
    for (let row = 3; row < 90; row += 4) {
      const at = row * 3;
      if (row % 3 === 0) logits[at + 1] = NaN;
      else if (row % 3 === 1) logits[at + 2] = Infinity;
      else logits.fill(-Infinity, at, at + 3);
    }
    return [
      temporary(npyBytes({ descr: "<f4", shape: "(90, 3)", data: logits })),
      labels(...Array.from({ length: 90 }, (_, i) => (i * 7) % 3)),
    ];
  }

  it("are the same of shards as of one run, to the last bit, whatever their order", async () => {
    const home = mkdtempSync(join(tmpdir(), "surprisal-non-finite-"));
    const argv = [...files(), "--backend", "wasm"];
    const merged = async (count: number, order: readonly number[]): Promise<string> => {
      const states = order.map((index) => join(home, `${count}-${index}.json`));
      for (const [i, state] of states.entries()) {
        const shard = await run("eval", ...argv, "--shard", `${order[i]}/${count}`, "--state", state);
        expect(shard).toMatchObject({ code: EXIT.done, stderr: "" });
      }
      const { stdout } = await run("merge", ...states, "--json");
      return stdout.replace(/"shards":\d+/, "");
    };
    const one = await merged(1, [1]);
    expect(await merged(5, [3, 5, 1, 2, 4])).toBe(one);
    expect(await merged(5, [5, 4, 3, 2, 1])).toBe(one);
    const { nonFinite } = JSON.parse(one.replace(",,", ",")) as EvalReport["metrics"];
    expect(nonFinite.rows.map(({ row }) => row)).toEqual([3, 7, 11, 15, 19, 23, 27, 31, 35, 39]);
    expect(nonFinite.causes).toEqual([
      { cause: "logit-nan", count: 8 },
      { cause: "logit-infinite", count: 7 },
      { cause: "logits-all-minus-infinite", count: 7 },
    ]);
    expect(nonFinite).toEqual(await nonFiniteOf(...argv));
  });

  it("are shown, five of them and then every cause", async () => {
    const { stdout } = await run("eval", ...files(), "--backend", "cpu");
    expect(stdout).toMatch(/^not finite +22 NaN {2}first in row 3: a logit is NaN \(class 1\)$/m);
    expect(stdout).toContain(
      [
        "Not finite",
        "  row   loss   target   because",
        "    3    NaN        0   a logit is NaN (class 1)",
        "    7    NaN        1   a logit is +∞ (class 2)",
        "   11    NaN        2   every logit is −∞",
        "   15    NaN        0   a logit is NaN (class 1)",
        "   19    NaN        1   a logit is +∞ (class 2)",
        "",
        "  rows   because",
        "     8   a logit is NaN",
        "     7   a logit is +∞",
        "     7   every logit is −∞",
        "",
      ].join("\n"),
    );
  });

  it("fail the gate, which says which is the first and why", async () => {
    const { code, stderr } = await run("eval", ...files(), "--backend", "cpu", "--fail-on-nan", "--json");
    expect(code).toBe(EXIT.gateFailed);
    expect(stderr).toBe(
      "surprisal: 22 losses are not finite (--fail-on-nan): the first is NaN, in row 3: a logit is NaN (class 1)\n",
    );
  });

  it("a mean over no row, or of weights that add up to 0, says so", async () => {
    const logits = doubles([
      [0, 1],
      [1, 0],
    ]);
    const nothing = await run("eval", logits, labels(-100, -100), "--backend", "cpu");
    expect(nothing.stdout).toMatch(/^no mean +all 2 rows are left out$/m);
    const weights = ["--weight", doubles([1, -1])];
    const cancelled = await run("eval", logits, labels(0, 1), ...weights, "--backend", "cpu", "--fail-on-nan");
    expect(cancelled.stdout).toMatch(/^no mean +the weights of the kept rows add up to 0$/m);
    expect(cancelled).toMatchObject({ code: EXIT.gateFailed });
    expect(cancelled.stderr).toMatch(/the loss is .+ \(--fail-on-nan\): the weights of the kept rows add up to 0\n$/);
    const summed = await run("eval", logits, labels(-100, -100), "--backend", "cpu", "--reduction", "sum");
    expect(summed.stdout).not.toContain("no mean");
  });

  it("a label that is no class is an error that names row and label, of shards the row of the whole", async () => {
    const logits = doubles(Array.from({ length: 6 }, () => [0, 1]));
    const bad = labels(0, 1, 0, 1, 9, 0);
    const state = join(mkdtempSync(join(tmpdir(), "surprisal-bad-label-")), "2.json");
    const { code, stderr } = await run("eval", logits, bad, "--backend", "cpu", "--shard", "2/2", "--state", state);
    expect(code).toBe(EXIT.badInput);
    expect(stderr).toMatch(/row 4 \(from 0\): class index must be an integer in \[0, 2\).*; got 9\n$/);
    const text = temporary(Buffer.from("target\n0\nnan\n"), "targets.csv");
    const two = doubles([
      [0, 1],
      [1, 0],
    ]);
    const nan = await run("eval", two, text, "--backend", "cpu");
    expect(nan.code).toBe(EXIT.badInput);
    expect(nan.stderr).toMatch(/row 1 \(from 0\): class index must be an integer .*; got NaN\n$/);
  });
});
