import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { apiReports } from "./api.ts";

// The public names and their signatures are those that were reviewed: a change shows as a change of a file in docs/api.

const reports = apiReports();

test("there is a report for each entry point with types, and no other one", () => {
  expect(reports.map(({ specifier }) => specifier)).toEqual(
    expect.arrayContaining(["@surprisal/core", "@surprisal/wasm", "@surprisal/gpu", "@surprisal/conformance"]),
  );
  expect(globSync("docs/api/*.api.md").toSorted()).toEqual(reports.map(({ path }) => path).toSorted());
});

test.each(reports)("$specifier is as in $path (if the change is meant: `pnpm build && pnpm api`)", ({ path, text }) => {
  expect(text).toBe(readFileSync(path, "utf8"));
});

test.each(reports)("$specifier exports every type that its signatures name", ({ complaints }) => {
  expect(complaints).toEqual([]);
});
