import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import type { EvalContestant } from "./eval-contestants.ts";
import { withEvalResults } from "./eval-document.ts";
import { evalPage } from "./eval-page.ts";
import { type EvalBenchReport, evalRows } from "./eval-report.ts";
import { evalText } from "./eval-terminal.ts";
import type { Lane } from "./measure-files.ts";

const FILES = { format: "npy", shape: [500_000, 1000], bytes: 2e9, paths: [], cliArguments: [] } as const;

function contestant(name: string, role: EvalContestant["role"]): EvalContestant {
  return { name, role, about: `${name} | about`, formats: ["npy"], command: () => [] };
}

function timed(name: string, role: EvalContestant["role"], ms: readonly number[], peakBytes: number | undefined): Lane {
  const warm = ms.map((each) => ({ ms: each, peakBytes }));
  return {
    contestant: contestant(name, role),
    status: "timed",
    loss: 7,
    turns: { start: [{ ms: 50, peakBytes }], warm, cold: [] },
  };
}

const LANES: readonly Lane[] = [
  timed("reading", "reading", [1000, 1000, 1000], 5e7),
  timed("quick", "ours", [1900, 2000, 2100], 2e8),
  timed("slow", "ours", [2004, 2004, 2004], 2e8),
  timed("hungry", "ours", [1000, 1000, 1000], 300.1e6),
  timed("untold", "peer", [9000, 9000, 9000], undefined),
  { contestant: contestant("broken", "peer"), status: "failed", reason: "no <module> | *here*" },
];

const REPORT: EvalBenchReport = {
  format: 1,
  where: "eval",
  created: "2026-03-14T09:26:53.589Z",
  command: "pnpm bench --eval",
  seconds: 90,
  machine: { cpu: "Abacus 3000", cores: 2, memory: 2 ** 34, system: "Linux 6 x64", node: "24.0.0", load: 0 },
  rounds: 3,
  coldProblem: "no dd",
  contestants: LANES.map((lane) => lane.contestant),
  rows: evalRows(FILES, LANES, ["start", "warm"]),
};

const MISSES = [
  "slow has 49.9 % of the speed of reading; at least 50 % are promised",
  "hungry takes 300.1 MB of memory; at most 300 MB are promised",
];

test("figures: speed with the start in it, and against reading alone", () => {
  const [row] = REPORT.rows;
  expect(REPORT.rows).toHaveLength(1);
  expect(row?.standings[1]).toMatchObject({
    median: 2000,
    startMs: 50,
    bytesPerSecond: 1e9,
    ofReading: 0.5,
    peakBytes: 2e8,
  });
  expect(row?.standings[0]).not.toHaveProperty("ofReading");
});

test("the terminal has a line for everybody, what misses the promise, and the reasons", () => {
  const text = evalText(REPORT);
  expect(text).toMatch(
    /^\.npy \[500000, 1000\], 2\.00 GB +in memory +quick +2000 ms +±5 % +50\.0 ms +1\.00 GB\/s +50 % +200 MB$/m,
  );
  expect(text).toMatch(/untold .* not known$/m);
  for (const miss of MISSES) expect(text).toContain(miss);
  expect(text).not.toContain("quick has");
  expect(text).toContain("broken, .npy [500000, 1000], 2.00 GB, in memory: failed: no <module> | *here*");
  expect(text).toContain("Nothing was read from the disk: no dd");
});

test("what keeps the promise is said to", () => {
  const kept = { ...REPORT, rows: evalRows(FILES, LANES.slice(0, 2), ["warm"]) };
  expect(evalText(kept)).toContain("Nothing misses the promise.");
});

test("the document has the results between its markers, and keeps the rest", () => {
  const begin = "<!-- results of evaluating a file: `pnpm bench --eval --report` writes what follows -->";
  const end = "<!-- end of results of evaluating a file -->";
  const document = withEvalResults(`before\n\n${begin}\n\nof last year\n\n${end}\n\nafter\n`, REPORT);
  expect(document).toMatch(/^before\n\n<!-- results[^]*<!-- end of results of evaluating a file -->\n\nafter\n$/);
  expect(document).not.toContain("of last year");
  for (const miss of MISSES) expect(document).toContain(miss);
  expect(document).toContain(String.raw`| quick \| about `);
  expect(document).toContain(String.raw`no \<module\> \| \*here\*`);
  expect(withEvalResults(document, REPORT)).toBe(document);
  expect(() => withEvalResults("no markers", REPORT)).toThrow(RangeError);
});

test("the page is self-contained, and shows what it was given as text", () => {
  const page = evalPage(REPORT);
  expect(page).not.toMatch(/<script|<link|src=/);
  const { document } = parseHTML(page);
  expect(document.querySelectorAll("module")).toHaveLength(0);
  expect(document.querySelectorAll("#figures tbody tr")).toHaveLength(LANES.length);
  expect(document.querySelectorAll("#misses li")).toHaveLength(2);
  const labels = ["speed", "memory"].map((id) =>
    document.querySelector(`#${id} [role=img]`)?.getAttribute("aria-label"),
  );
  const of = ".npy [500000, 1000], 2.00 GB, in memory. ";
  expect(labels[0]).toContain(`Speed, reading alone = 100 %. ${of}reading: 100 %; quick: 50 %; slow: 50 %`);
  expect(labels[1]).toContain(`Memory. ${of}reading: 50.0 MB; quick: 200 MB`);
  expect(labels[1]).toContain("untold: not known; broken: failed");
});
