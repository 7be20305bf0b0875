import ts from "typescript";
import { isTest, lineOf, type Project, SOURCES, type Violation, walk } from "./project.ts";

// What no linter rule covers as we want it. `any` and the non-null `!` are oxlint's (.oxlintrc.json).

const NOTES = /\b(TODO|FIXME)\b/;
const SWITCHES = new Set(["skip", "skipIf", "runIf", "only", "todo"]);
const TESTS = /^(packages|apps|examples|tools|docs)\/.*\.test\.ts$/;

/** Nothing is left for later, swallowed, switched off, or different on each run. */
export function banned(project: Project): Violation[] {
  return [...inSources(project), ...inTests(project)];
}

function inSources(project: Project): Violation[] {
  return project.paths(SOURCES).flatMap((path) => {
    const found: Violation[] = [];
    const report = (line: number, message: string): void => void found.push({ path, line, rule: "banned", message });
    for (const [i, line] of project.text(path).split("\n").entries()) {
      const note = NOTES.exec(line)?.[0];
      if (note !== undefined) report(i + 1, `${note} in a source; do it now, or write an issue`);
    }
    walk(project.syntax(path), (node) => {
      if (ts.isCatchClause(node) && node.block.statements.length === 0) {
        report(lineOf(node), "an empty catch hides every error; handle the one you expect, throw the rest");
      }
      if (!isTest(path) && ts.isPropertyAccessExpression(node) && node.getText() === "Math.random") {
        report(lineOf(node), "Math.random differs on each run; take a seed and use rand() or philox()");
      }
    });
    return found;
  });
}

function inTests(project: Project): Violation[] {
  return project.paths(TESTS).flatMap((path) => {
    const found: Violation[] = [];
    walk(project.syntax(path), (node) => {
      if (!ts.isPropertyAccessExpression(node) || !SWITCHES.has(node.name.text)) return;
      if (!/^(describe|it|test|suite|bench)(\.|$)/.test(node.expression.getText())) return;
      const message = `${node.getText()} switches tests off; make them pass, or delete them`;
      found.push({ path, line: lineOf(node), rule: "banned", message });
    });
    return found;
  });
}
