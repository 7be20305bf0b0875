import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { ConformanceReport, LaneReport } from "./report.ts";
import { sampleReport } from "./sample-report.ts";
import { terminalSummary } from "./terminal.ts";

/** The text without colours: CI may force them. */
function summary(report: ConformanceReport): string {
  return stripVTControlCharacters(terminalSummary(report));
}

const [green, broken, absent] = sampleReport().lanes as [LaneReport, LaneReport, LaneReport];
const withLanes = (...lanes: readonly LaneReport[]): ConformanceReport => ({ ...sampleReport(), lanes });
const lastLine = (text: string): string | undefined => text.trimEnd().split("\n").at(-1);

describe("terminalSummary", () => {
  const text = summary(sampleReport());

  it("keeps to 110 columns, but for commands", () => {
    const lines = text.split("\n").filter((line) => !line.startsWith("    $ "));
    expect(lines.filter((line) => line.length > 110)).toEqual([]);
  });

  const rowOf = (report: ConformanceReport, operation: string): string =>
    summary(report)
      .split("\n")
      .find((line) => line.trimStart().startsWith(`${operation} `)) ?? "";

  it("has a row for each operation", () => {
    const operations = [...new Set(green.cells.map((cell) => cell.operation))];
    for (const operation of operations) expect(rowOf(withLanes(green), operation)).not.toBe("");
  });

  it("adds the operation's cases up, and shows the worst error of each dtype", () => {
    for (const lane of [green, broken]) {
      const cells = lane.cells.filter((cell) => cell.operation === "crossEntropy");
      const cases = cells.reduce((sum, cell) => sum + cell.cases, 0);
      const [, shown, , , ...worst] = rowOf(withLanes(lane), "crossEntropy").trim().split(/ {2,}/);
      expect(shown).toBe(cases.toLocaleString("en"));
      expect(worst).toHaveLength(5);
      expect(worst[0]).toBe(lane === green ? "3.87" : "3,400");
    }
  });

  it("gives each failure with its command in one piece", () => {
    for (const { address, command, stage } of broken.failures) {
      expect(text.replaceAll("\n    ", "")).toContain(address);
      expect(text.split("\n")).toContain(`    $ ${command}`);
      expect(text).toContain(`    ${stage}: `);
    }
  });

  it("gives wrong elements by row and class, and says how many are left out", () => {
    expect(text).toMatch(/index +row +class +got +expected +allowed ±/);
    expect(text).toMatch(/ 8193 +2 +1 +0\.00024419 +0\.00024414062 +2\.9e-11\n/);
    expect(text).toContain("and 4,095 more wrong");
  });

  it("shows one failure of each kind before a second one, ten in all", () => {
    const [first, ...others] = broken.failures as [(typeof broken.failures)[0], ...typeof broken.failures];
    const many = Array.from({ length: 30 }, (_each, i) => ({ ...first, command: `again ${i}` }));
    const shown = summary(withLanes({ ...broken, failures: [...many, ...others] }));
    expect(shown.match(/^ {4}\$ /gm)).toHaveLength(10);
    for (const { command } of others) expect(shown).toContain(command);
    expect(shown).toContain("and 28 more");
  });

  it("sums refusals up by reason", () => {
    expect(text).toContain("     527  f16 is not supported: the module has no half type (17 operations)\n");
    expect(text).toContain("the module has 2 (linearCrossEntropy)\n");
  });

  it("ends with a verdict for each lane", () => {
    const verdicts = text.trimEnd().split("\n\n").at(-1)?.split("\n") ?? [];
    expect(verdicts[0]).toBe("✓ node-cpu         15,115 cases passed");
    expect(verdicts[1]).toBe("✕ node-wasm        9 of 15,840 cases failed");
    expect(verdicts[2]).toMatch(/^✕ chromium-webgpu {2}could not start: /);
  });

  it("never passes a lane that has a problem, no case, only refusals, or a failure", () => {
    const none = { cases: 0, passed: 0, failed: 0, refused: 0, numbers: 0 };
    const refusing = { ...none, cases: 7, refused: 7 };
    expect(lastLine(summary(withLanes({ ...green, problem: "the GPU was lost" })))).toBe(
      "✕ node-cpu  the GPU was lost",
    );
    expect(lastLine(summary(withLanes({ ...green, totals: none })))).toBe("✕ node-cpu  no case ran");
    expect(lastLine(summary(withLanes({ ...green, totals: refusing })))).toBe("✕ node-cpu  none of 7 cases passed");
    expect(lastLine(summary(withLanes({ ...green, failures: broken.failures })))).toMatch(/^✕ node-cpu {2}9 of /);
    expect(lastLine(summary(withLanes(absent)))).not.toContain("✓");
    expect(lastLine(summary(withLanes()))).toBe("✕ no lane ran");
  });

  it("lets nothing in a report steer the terminal", () => {
    const text2 = terminalSummary(
      withLanes({ ...absent, lane: "a\u001B[2Jb", problem: "c\u0007\u001B]0;title\u0007d\r\ne" }),
    );
    expect(text2).not.toContain("\u001B[2J");
    expect(text2).not.toContain("\u0007");
    expect(text2).not.toContain("\r");
  });
});
