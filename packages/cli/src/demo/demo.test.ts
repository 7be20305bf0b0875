import { availableParallelism } from "node:os";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { CliError, EXIT } from "../exit.ts";
import { styleFor } from "../report/style.ts";
import { Captured, plainLines, type Ran, run } from "../testing/io.ts";
import { check, lossBound, sumBound } from "./check.ts";
import { renderOpening, renderSection, renderVerdict } from "./render.ts";
import { gate, runDemo } from "./run.ts";
import type { DemoSection } from "./section.ts";

interface DemoReport {
  readonly version: number;
  readonly command: string;
  readonly verified: boolean;
  readonly sections: readonly DemoSection[];
}

let ran: Ran;
let report: DemoReport;

beforeAll(async () => {
  ran = await run("demo", "--json");
  report = JSON.parse(ran.stdout) as DemoReport;
}, 120_000);

function section<K extends DemoSection["kind"]>(kind: K): DemoSection & { readonly kind: K } {
  const found = report.sections.find((each): each is DemoSection & { readonly kind: K } => each.kind === kind);
  if (found === undefined) throw new Error(`no section ${kind}`);
  return found;
}

/** The tour as text, made from its JSON: nothing that is shown is missing there. */
function text(color: "FORCE_COLOR" | "NO_COLOR"): string {
  vi.stubEnv("FORCE_COLOR", color === "FORCE_COLOR" ? "1" : undefined);
  vi.stubEnv("NO_COLOR", color === "NO_COLOR" ? "1" : undefined);
  const style = styleFor(new Captured());
  const { sections } = report;
  const bodies = sections.map((each, i) => renderSection(each, i + 1, style));
  const verdict = renderVerdict(
    sections.flatMap(({ checks }) => checks),
    style,
  );
  vi.unstubAllEnvs();
  return [renderOpening(style), ...bodies, verdict].join("");
}

describe("numbers against closed forms", () => {
  it("is versioned and verified", () => {
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(report).toMatchObject({ version: 1, command: "demo", verified: true });
    expect(report.sections.every(({ checks }) => checks.length > 0 && checks.every(({ ok }) => ok))).toBe(true);
  });

  it("entropy, cross entropy and divergence: 3/2, 7/4 and 1/4 bits", () => {
    const { quantities } = section("distributions");
    expect(quantities.map(({ symbol }) => symbol)).toEqual(["H(p)", "H(p, q)", "KL(p‖q)"]);
    [1.5, 1.75, 0.25].forEach((bits, i) => {
      expect(quantities[i]?.bits).toBeCloseTo(bits, 14);
      expect(quantities[i]?.nats).toBeCloseTo(bits * Math.LN2, 14);
    });
  });

  it("binary cross entropy: the four ways are one", () => {
    const { cases } = section("binary");
    for (const { y, p, byLogs, byPt, fromProbabilities, fromLogits } of cases) {
      const closed = y === 1 ? -Math.log(p) : -Math.log1p(-p);
      for (const value of [byLogs, byPt, fromProbabilities, fromLogits]) expect(value).toBeCloseTo(closed, 13);
    }
  });

  it("several classes: log Σ exp x − x_y, and the binary sum with it", () => {
    const { binary, categorical, logits, classes } = section("classes");
    const lse = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
    expect(categorical.builtIn).toBeCloseTo(lse - (logits[0] ?? NaN), 14);
    const others = classes.slice(1).reduce((sum, { p }) => sum - Math.log1p(-p), 0);
    expect(binary.builtIn).toBeCloseTo(categorical.builtIn + others, 14);
  });

  it("three rows: the mean of log(1 + exp(−0.6)), and of log(1 + exp(−0.4)) twice", () => {
    const { losses, oneHot, gradient } = section("matrix");
    const rows = [0.6, 0.4, 0.4].map((gap) => Math.log1p(Math.exp(-gap)));
    const total = rows.reduce((sum, row) => sum + row);
    const closed = { mean: [total / 3], sum: [total], none: rows };
    for (const { reduction, composed, builtIn } of losses) {
      closed[reduction].forEach((value, i) => {
        expect(Math.abs((composed[i] ?? NaN) - value)).toBeLessThan(3e-7);
        expect(Math.abs((builtIn[i] ?? NaN) - value)).toBeLessThan(3e-7);
      });
    }
    expect(losses.map(({ reduction }) => reduction)).toEqual(["mean", "sum", "none"]);
    expect(oneHot.values).toEqual([[1, 0], [0, 1], [1, 0]]); // prettier-ignore
    expect((gradient.values as number[][])[0]?.[0]).toBeCloseTo((1 / (1 + Math.exp(-0.6)) - 1) / 3, 6);
  });

  it("the volume: E[log Σ exp U] − 1/2 for four uniform logits, within six standard errors", () => {
    const { composed, indices, probabilities, rows, tensors, permutedIsView } = section("volume");
    expect(rows).toBe(128 ** 3);
    const { mean, deviation } = uniformLoss(20);
    for (const { value } of [composed, indices, probabilities]) {
      expect(Math.abs(value - mean)).toBeLessThan((6 * deviation) / Math.sqrt(rows) + 1e-4);
    }
    expect(permutedIsView).toBe(true);
    expect(tensors.map(({ shape }) => shape)).toEqual([
      [1, 4, 128, 128, 128],
      [1, 128, 128, 128],
      [1, 128, 128, 128, 4],
      [1, 4, 128, 128, 128],
    ]);
  });

  it("every backend that is there gives the volume's loss; the others say why not", () => {
    const { rows } = section("backends");
    expect(rows.map(({ name }) => name)).toEqual(["gpu", "wasm", "cpu"]);
    const reasons = rows.flatMap((row) => (row.available ? [] : [row.reason]));
    const losses = rows.flatMap((row) => (row.available ? [row.indices, row.probabilities, row.withGrad] : []));
    for (const { value } of losses) expect(value).toBeCloseTo(section("volume").composed.value, 6);
    expect(losses.length / 3 + reasons.length).toBe(rows.length);
    expect(reasons.every((reason) => /no adapter|no WebGPU/.test(reason))).toBe(true);
    expect(rows.find(({ name }) => name === "wasm")).toMatchObject({ threads: Math.min(8, availableParallelism()) });
  });
});

describe("the text", () => {
  it("has both losses, with and without colour", () => {
    for (const color of ["FORCE_COLOR", "NO_COLOR"] as const) {
      const shown = text(color);
      expect(shown.includes("\u001b[")).toBe(color === "FORCE_COLOR");
      expect(shown.match(/0\.4878/g)?.length).toBe(2);
      const { rows } = section("backends");
      expect(shown.match(/1\.417/g)?.length).toBe(3 + rows.filter(({ available }) => available).length);
    }
  });

  it("says of a GPU that it is software, where others have their threads", () => {
    const backends = section("backends");
    const rows = backends.rows.map((row) => (row.name === "wasm" ? { ...row, name: "gpu", software: true } : row));
    const shown = plainLines(renderSection({ ...backends, rows }, 6, styleFor(new Captured())));
    expect(shown.filter((line) => /^ {3}gpu +software +1\.4173 /.test(line)).length).toBeGreaterThan(0);
    expect(shown.some((line) => /^ {3}cpu +1 +1\.4173 /.test(line))).toBe(true);
  });

  it("reads the same without colour", () => {
    expect(plainLines(text("FORCE_COLOR"))).toEqual(plainLines(text("NO_COLOR")));
  });

  it("is at most 100 columns wide, and has no space at line ends", () => {
    for (const line of plainLines(text("FORCE_COLOR"))) {
      expect(line).toMatch(/^.{0,100}$/u);
      expect(line.trimEnd()).toBe(line);
    }
  });

  it("prints tensors as PyTorch does", () => {
    expect(text("NO_COLOR")).toContain("tensor([[0.8000, 0.2000],");
    expect(section("matrix").oneHot.text).toBe("tensor([[1, 0],\n        [0, 1],\n        [1, 0]])");
  });
});

it("writes section by section, with its progress on a terminal only", async () => {
  const stdout = new Captured();
  const stderr = Object.assign(new Captured(), { isTTY: true });
  await runDemo({ backend: "auto" }, { stdout, stderr }, 4);
  expect(plainLines(stdout.text).filter((line) => /^\d {2}/.test(line))).toHaveLength(6);
  expect(stdout.text).not.toContain("computing");
  expect(stderr.text).toContain("computing …");
  expect(stderr.text.endsWith("\r\u001b[2K")).toBe(true);
});

describe("the gate", () => {
  it("lets values pass that agree within their bound", () => {
    expect(() => gate([check("equal", 1, 1, 0), check("near", 1, 1 + 1e-7, 2e-7)])).not.toThrow();
  });

  it("fails with exit code 1, and says what differs by how much", () => {
    const message = "1 of 2 comparisons failed; the loss: 1 and 1.5 differ by 0.5; rounding explains at most 0.25";
    const failing = (): void => gate([check("fine", 1, 1, 0), check("the loss", 1, 1.5, 0.25)]);
    expect(failing).toThrow(new CliError(EXIT.gateFailed, message));
    expect(failing).toThrow(expect.objectContaining({ exitCode: 1 }));
    expect(check("not a number", NaN, NaN, 1).ok).toBe(false);
  });

  it("bounds that a wrong digit would break", () => {
    expect(lossBound({ classes: 4, spread: 1 })).toBeLessThan(1e-5);
    expect(sumBound([-1, -2, -3])).toBeLessThan(1e-13);
  });

  it("says so in the verdict", () => {
    const verdict = renderVerdict([check("x", 1, 2, 0)], styleFor(new Captured()));
    expect(plainLines(verdict).join("")).toBe("✗  1 of 1 comparisons failed.");
  });
});

/** Mean and deviation of `log Σ exp x − x_0` for four uniform logits, by the midpoint rule. */
function uniformLoss(points: number): { mean: number; deviation: number } {
  const nodes = Array.from({ length: points }, (_, i) => (i + 0.5) / points);
  let sum = 0;
  let squares = 0;
  for (const a of nodes) {
    for (const b of nodes) {
      for (const c of nodes) {
        for (const d of nodes) {
          const loss = Math.log(Math.exp(a) + Math.exp(b) + Math.exp(c) + Math.exp(d)) - a;
          sum += loss;
          squares += loss * loss;
        }
      }
    }
  }
  const mean = sum / points ** 4;
  return { mean, deviation: Math.sqrt(squares / points ** 4 - mean ** 2) };
}
