import ts from "typescript";
import { lineOf, type Project, type Violation } from "./project.ts";

/** An `index.ts` lists names: `export { a } from "./a.ts"` and `export type { A } from "./a.ts"`, nothing else. */
export function namesOnly(project: Project): Violation[] {
  return project.paths(/^(packages|apps)\/[^/]+\/src\/(.*\/)?index\.ts$/).flatMap((path) =>
    project
      .syntax(path)
      .statements.filter((statement) => !isListOfNames(statement))
      .map((statement) => ({
        path,
        line: lineOf(statement),
        rule: "names-only",
        message: 'index.ts holds names only; move this to a file of its own and write `export { … } from "./file.ts"`',
      })),
  );
}

function isListOfNames(statement: ts.Statement): boolean {
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) return false;
  return statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause);
}
