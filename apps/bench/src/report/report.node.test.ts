import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { withResults } from "./document.ts";
import type { Entrant } from "../contestant.ts";
import type { Measured } from "../run/measure-case.ts";
import { isTimed, limitMs, rowsOf } from "./figures.ts";
import { htmlPage } from "./html.ts";
import type { BenchReport } from "./report.ts";
import { SAMPLE, SQUARE } from "./sample-report.ts";
import { terminalText } from "./terminal.ts";

const [forward, gradient] = SAMPLE.rows.map(({ standings }) => standings.filter(isTimed));

test("figures: median, spread, rate, ratio, share", () => {
  const ours = forward?.find(({ name }) => name === "cpu");
  const bytes = 4e6 + 4e3 + 4;
  expect(ours).toMatchObject({ median: 3, min: 2, max: 4, ratio: 1, against: "cpu" });
  expect(ours?.gigabytesPerSecond).toBeCloseTo(bytes / 3e6, 12);
  expect(ours?.share).toBeCloseTo(bytes / 4e9 / 3e-3, 3);
  expect(forward?.find(({ name }) => name === "careful loop")).toMatchObject({ ratio: 0.5, against: "cpu" });
});

test("what is written costs what a copy costs, and more threads have at least what fewer have", () => {
  const milliseconds = (2 * 4e6 + 8) / 8e6 + (4e3 - 4) / 4e6;
  expect(limitMs(SQUARE, "gradient", { threads: 1, read: 4e9, copy: 8e9 })).toBeCloseTo(milliseconds, 12);
  const two = gradient?.find(({ name }) => name === "PyTorch, 2 threads");
  expect(two?.share).toBeCloseTo(((2 * 4e6 + 8) / 8e6 + (4e3 - 4) / 8e6) / 7, 12);
});

test("the terminal has a line for everybody, with the reason where there is no time", () => {
  const text = terminalText(SAMPLE);
  expect(text).toContain("square [1000, 1000], forward + gradient");
  expect(text).toMatch(/^ {2}cpu +3\.00 ms \(2\.00 – 4\.00\) +1\.00× +33 % +1\.33 GB\/s +9\.00 ms +1\.0 MiB$/m);
  expect(text).toMatch(/^ {2}PyTorch, 1 thread +12\.0 ms .* ≈ 2\.0e-6$/m);
  expect(text).toContain("<broken> & bent failed: no <module> *here*");
  expect(text).toContain("<broken> & bent refuses: not | on Sundays");
});

test("other work on the machine is told, where there was some", () => {
  const busy = { ...SAMPLE, machine: { ...SAMPLE.machine, load: 3.14 } };
  expect(terminalText(busy)).toContain("Node 24.0.0, with a load of 3.1 from other work when it began.");
  expect(terminalText(SAMPLE)).toContain("Node 24.0.0. ");
});

test("the document has the results between its markers, and keeps the rest", () => {
  const begin = "<!-- results: `pnpm bench --report` writes what follows -->";
  const end = "<!-- end of results -->";
  const document = withResults(`before\n\n${begin}\n\nold\n\n${end}\n\nafter\n`, SAMPLE);
  expect(document).toMatch(/^before\n\n<!-- results/);
  expect(document).toMatch(/<!-- end of results -->\n\nafter\n$/);
  expect(document).not.toContain("old");
  expect(document).toContain("Measured on 2026-03-14 by `pnpm bench --peers`, 3 rounds, on 2 cores of Abacus 3000");
  expect(document).toContain("- square [1000, 1000], forward: careful loop is 2.00× as fast as cpu");
  expect(document).toContain("| ≈ 12.0 ms ±0 %, 3.00× |");
  expect(document).toContain(String.raw`refuses: not \| on Sundays`);
  expect(document).toContain("12.3 kB");
  expect(withResults(document, SAMPLE)).toBe(document);
  expect(() => withResults("no markers", SAMPLE)).toThrow(RangeError);
});

test("of the linear layer: memory's bandwidth and the adapter, between markers of its own", () => {
  const [begin, end] = [
    "<!-- results of the linear layer: `pnpm bench --linear --report` writes what follows -->",
    "<!-- end of results of the linear layer -->",
  ];
  const document = withResults(`${begin}\n\nold\n\n${end}\n`, { ...SAMPLE, where: "linear" });
  expect(document).toMatch(/GB\/s copied by 2 threads\. Adapter: none\./);
  expect(document).toContain("cpu, memory");
});

test("on WebGPU: the adapter, first calls, and no limit of memory", () => {
  const facts = { version: "1.2.3", adapter: "acme abacus, in software" };
  const ours = SAMPLE.entrants.filter(({ name }) => name === "cpu").map((each) => ({ ...each, facts }));
  const rows = SAMPLE.rows.map((row) => ({ ...row, standings: row.standings.filter(({ name }) => name === "cpu") }));
  const report: BenchReport = { ...SAMPLE, where: "webgpu", bandwidth: [], entrants: ours, rows };
  expect(terminalText(report)).toContain("Adapter: acme abacus, in software. It is no GPU: read ratios, not times.");
  const [begin, end] = [
    "<!-- results on WebGPU: `pnpm bench --webgpu --report` writes what follows -->",
    "<!-- end of results on WebGPU -->",
  ];
  const document = withResults(`${begin}\n\nold\n\n${end}\n`, report);
  expect(document).toContain("The first call of each, which compiles its shaders.");
  expect(document).not.toMatch(/old|GB\/s|of the limit/);
  const page = parseHTML(htmlPage(report)).document;
  expect(page.querySelectorAll("#limit")).toHaveLength(0);
  expect(page.querySelectorAll(".legend li")).toHaveLength(1);
});

test("a device has no limit of memory", () => {
  const entrants: readonly Entrant[] = [{ name: "gpu", role: "ours", page: "gpu.ts" }];
  const times = { status: "timed", times: [1], error: 0, exact: true, firstMs: 1, peakBytes: undefined } as const;
  const measured: readonly Measured[] = [{ entrant: "gpu", pass: "forward", ...times }];
  const [row] = rowsOf({ benchCase: SQUARE, measured, facts: {}, checksum: 0 }, entrants, []);
  expect(row?.standings).toMatchObject([{ name: "gpu", ratio: 1 }]);
  expect(row?.standings[0]).not.toHaveProperty("share");
});

test("the page is self-contained, and shows what it was given as text", () => {
  const page = htmlPage(SAMPLE);
  expect(page).not.toMatch(/<script|<link|src=/);
  const { document } = parseHTML(page);
  expect(document.querySelectorAll("broken, module")).toHaveLength(0);
  expect(document.querySelectorAll("#ratio figure")).toHaveLength(2);
  expect(document.querySelectorAll("#limit figure svg")).toHaveLength(2);
  const label = document.querySelector("#ratio [role=img]")?.getAttribute("aria-label");
  expect(label).toContain(
    "Speed, PyTorch, 1 thread = 1. square [1000, 1000], forward. cpu: 2.00×; careful loop: 4.00×",
  );
  expect(document.querySelectorAll("#figures tbody tr")).toHaveLength(10);
  expect(document.querySelector("#figures")?.textContent).toContain("<broken> & bent");
});

test("a ratio is against the fastest of ours that has no more threads, and its inputs where it computes", () => {
  const entrants: readonly Entrant[] = [
    { name: "one", role: "ours", command: [] },
    { name: "two", role: "ours", threads: 2, residency: "resident", command: [] },
    { name: "two, handed over", role: "ours", threads: 2, residency: "handed over", command: [] },
    { name: "peer of one", role: "peer", command: [] },
    { name: "peer of two", role: "peer", threads: 2, command: [] },
    { name: "one, two steps", role: "steps", threads: 2, against: "one", command: [] },
  ];
  const medians = [4, 3, 1, 8, 6, 2];
  const measured = entrants.map(({ name }, i): Measured => {
    const times = [medians[i] ?? 0];
    return { entrant: name, pass: "forward", status: "timed", times, error: 0, exact: true, firstMs: 1, peakBytes: 0 };
  });
  const [row] = rowsOf({ benchCase: SQUARE, measured, facts: {}, checksum: 0 }, entrants, SAMPLE.bandwidth);
  expect(row?.standings.filter(isTimed).map(({ ratio, against }) => [ratio, against])).toEqual([
    [1, "one"],
    [1, "two"],
    [1 / 3, "two"],
    [2, "one"],
    [2, "two"],
    [1 / 2, "one"],
  ]);
});
