import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EXIT } from "../exit.ts";
import { stateText } from "../state/parse.ts";
import { plainLines, run } from "../testing/io.ts";
import { rowBlock, someRows } from "../testing/rows.ts";
import { shardState, shardStates } from "../testing/states.ts";
import { rangesText } from "./run.ts";

const BLOCK = rowBlock(someRows(5, 40, 4).filter(({ loss }) => loss === undefined || Number.isFinite(loss)));

function written(states: readonly Parameters<typeof stateText>[0][]): string[] {
  const home = mkdtempSync(join(tmpdir(), "surprisal-merge-"));
  return states.map((state) => {
    const file = join(home, `${state.shard.index}.json`);
    writeFileSync(file, stateText(state));
    return file;
  });
}

it("gives the same JSON for any shards, but for their number", async () => {
  const one = await run("merge", ...written(shardStates(BLOCK, 1)), "--json");
  const five = await run("merge", ...written(shardStates(BLOCK, 5)).toReversed(), "--json");
  expect(one).toMatchObject({ code: EXIT.done, stderr: "" });
  expect(five.stdout).toBe(one.stdout.replace('"shards":1', '"shards":5'));
  expect(JSON.parse(one.stdout)).toMatchObject({ version: 1, command: "merge", reduction: "mean", rows: BLOCK.rows });
});

it("shows a table, the worst rows, classes and confusions", async () => {
  const { code, stdout } = await run("merge", ...written(shardStates(BLOCK, 2)));
  expect(code).toBe(EXIT.done);
  const lines = plainLines(stdout);
  expect(lines[0]).toBe("shards        2  all there");
  const labels = ["settings", "rows", "loss", "perplexity", "accuracy", "rank", "entropy", "calibration", "Worst rows"];
  for (const label of labels) expect(lines.some((line) => line.startsWith(label))).toBe(true);
});

it("lists missing and unfinished shards, with exit code 75 and nothing on stdout", async () => {
  const [first, , third] = shardStates(BLOCK, 6);
  const files = written(
    [first, third, shardState(BLOCK, { index: 4, count: 6 }, { left: 2 })].filter((each) => each !== undefined),
  );
  const { code, stdout, stderr } = await run("merge", ...files);
  expect({ code, stdout }).toEqual({ code: EXIT.incomplete, stdout: "" });
  expect(stderr).toBe(
    `surprisal: missing 2, 5-6 of 6 shards; shard 4 (${files[2]}) is not finished: 2 rows are left\n`,
  );
});

it("gates fail with exit code 1, after the report", async () => {
  const files = written(shardStates(BLOCK, 2));
  const { code, stdout, stderr } = await run("merge", ...files, "--json", "--max-loss", "1e-9");
  expect(code).toBe(EXIT.gateFailed);
  expect(JSON.parse(stdout)).toMatchObject({ command: "merge" });
  expect(stderr).toContain("above --max-loss 1e-9");
  expect((await run("merge", ...files, "--max-loss", "1e9", "--fail-on-nan")).code).toBe(EXIT.done);
});

it("writes a page, or nothing", async () => {
  const files = written(shardStates(BLOCK, 2));
  const page = `${files[0]}.html`;
  expect(await run("merge", ...files, "--report", page)).toMatchObject({ code: EXIT.done, stderr: "" });
  expect(readFileSync(page, "utf8")).toContain("<h1>[8, 4] f32</h1>");
  const nowhere = await run("merge", ...files, "--report", `${files[0]}/none.html`);
  expect(nowhere).toMatchObject({ code: EXIT.badInput, stdout: "" });
});

it("refuses files that do not go together, or are no states", async () => {
  const [file = ""] = written(shardStates(BLOCK, 2));
  expect(await run("merge", file, file)).toMatchObject({ code: EXIT.badInput, stdout: "" });
  expect((await run("merge", file, `${file}.not`)).stderr).toContain("cannot be read: ENOENT");
  expect((await run("merge")).code).toBe(EXIT.usage);
});

it("numbers that follow each other are a range", () => {
  expect(rangesText([1, 4, 5, 6, 9, 10])).toBe("1, 4-6, 9-10");
  expect(rangesText([])).toBe("");
});
