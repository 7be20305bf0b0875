import { isTest, type Project, type Violation } from "./project.ts";

const LIMIT = 300;
const RECORD = "docs/decisions/long-files.md";
const MEASURED = /^((packages|apps|examples)\/[^/]+\/src\/|tools\/).*\.(ts|wgsl|py)$/;
const GENERATED = /(^|\/)generated\/|\.generated\./;

/** No source file is over the limit without a reason on record, and no reason outlives its file. */
export function longFiles(project: Project): Violation[] {
  const reasons = recorded(project);
  const long = new Map<string, number>();
  for (const path of project.paths(MEASURED)) {
    const lines = project.text(path).split("\n").length - 1;
    if (lines > LIMIT && !isTest(path) && !GENERATED.test(path)) long.set(path, lines);
  }
  const missing = [...long]
    .filter(([path]) => !reasons.has(path))
    .map(([path, lines]) => ({
      path,
      line: LIMIT + 1,
      rule: "long-files",
      message: `${lines} lines, ${LIMIT} allowed; split it, or write the reason down in ${RECORD}`,
    }));
  const stale = [...reasons]
    .filter(([path]) => !long.has(path))
    .map(([path, line]) => ({
      path: RECORD,
      line,
      rule: "long-files",
      message: `${path} is not over ${LIMIT} lines; remove its row`,
    }));
  return [...missing, ...stale];
}

/** Rows ``| `path` | reason |`` with a reason in them: path and line. */
function recorded(project: Project): Map<string, number> {
  const rows = new Map<string, number>();
  for (const [i, line] of project.text(RECORD).split("\n").entries()) {
    const path = /^\| `([^`]+)` +\| +\S.* \|$/.exec(line)?.[1];
    if (path !== undefined) rows.set(path, i + 1);
  }
  return rows;
}
