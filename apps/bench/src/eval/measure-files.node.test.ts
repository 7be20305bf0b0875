import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, expect, test } from "vitest";
import { EVAL_CONTESTANTS, type EvalContestant } from "./eval-contestants.ts";
import { EVAL_FORMATS, type EvalFiles, type EvalFormat, writeEvalFiles } from "./eval-files.ts";
import { type Lane, measureFiles } from "./measure-files.ts";

const folder = mkdtempSync(join(tmpdir(), "eval-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

const signal = new AbortController().signal;

async function filesOf(format: EvalFormat, rows: number): Promise<EvalFiles> {
  return writeEvalFiles({ format, rows, folder, name: `rows-${rows}`, signal });
}

async function measured(files: EvalFiles, contestants: readonly EvalContestant[], rounds: number): Promise<Lane[]> {
  const states = ["start", "warm"] as const;
  return measureFiles({ files, smallest: files, contestants, states, rounds, signal });
}

/** What a program of Node's does with the path of the first file in `file`. */
function scripted(name: string, role: EvalContestant["role"], script: string): EvalContestant {
  const command = ({ paths: [path = ""] }: EvalFiles): string[] => [
    process.execPath,
    "--eval",
    `const fs = require("node:fs"); const file = ${JSON.stringify(path)}; ${script}`,
  ];
  return { name, role, about: "", formats: EVAL_FORMATS, command };
}

test.each(EVAL_FORMATS)("everybody finds the same loss in a file: .%s", async (format) => {
  const contestants = EVAL_CONTESTANTS.filter(({ formats }) => formats.includes(format));
  const lanes = await measured(await filesOf(format, 2500), contestants, 0);
  const losses = lanes.map((lane) => ("loss" in lane ? lane.loss : undefined));
  expect(lanes.map(({ status }) => status)).toEqual(contestants.map(() => "timed"));
  expect(losses.slice(1)).toEqual(contestants.slice(1).map(() => expect.closeTo(7.4, 1) as unknown));
});

test("files are always the same, and no row is like another", async () => {
  const read = async (rows: number): Promise<Buffer> => readFileSync((await filesOf("npy", rows)).paths[0] ?? "");
  const [first, again] = [await read(1100), await read(1100)];
  expect(first.equals(again)).toBe(true);
  const header = first.length - 1100 * 4000;
  const rows = Array.from({ length: 1100 }, (_, i) => first.subarray(header + i * 4000, header + (i + 1) * 4000));
  expect(new Set(rows.map((row) => row.toString("latin1"))).size).toBe(1100);
  expect((await read(5)).subarray(header).equals(first.subarray(header, header + 5 * 4000))).toBe(true);
});

test("who is wrong or fails has no time, and the reason", async () => {
  const files = await filesOf("csv", 3);
  const count = `const n = fs.existsSync(file + ".n") ? Number(fs.readFileSync(file + ".n")) + 1 : 0; fs.writeFileSync(file + ".n", String(n));`;
  const lanes = await measured(
    files,
    [
      scripted("reading", "reading", "console.log(JSON.stringify({ bytes: fs.statSync(file).size }))"),
      scripted("reading half", "reading", "console.log('{\"bytes\": 7}')"),
      scripted("near", "ours", "console.log('{\"loss\": 7.0000001}')"),
      { ...scripted("judge", "ours", "console.log('{\"loss\": 7}')"), exact: true },
      scripted("far", "peer", "console.log('{\"loss\": 7.00001}')"),
      scripted("fickle", "peer", `${count} console.log(JSON.stringify({ loss: n < 2 ? 7 : 7.0000001 }))`),
      scripted("silent", "peer", "console.log('{}')"),
      scripted("broken", "peer", "throw new Error('out of order')"),
    ],
    2,
  );
  const timed = { status: "timed", turns: { start: [{}, {}], warm: [{}, {}], cold: [] } };
  expect(lanes).toMatchObject([
    timed,
    { status: "wrong", reason: `read 7 of ${files.bytes} bytes` },
    { ...timed, loss: 7.0000001 },
    { ...timed, loss: 7 },
    { status: "wrong", reason: "its loss is 7.00001; that of judge is 7" },
    { status: "wrong", reason: "its loss is 7.0000001, and was 7" },
    { status: "wrong", reason: "its loss is undefined" },
    { status: "failed", reason: expect.stringContaining("exit code 1") as unknown },
  ]);
});
