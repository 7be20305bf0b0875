import { type Import, importsOf, resolveRelative } from "./imports.ts";
import { isTest, type Project, SOURCES, type Violation } from "./project.ts";

/** No file imports itself by way of others. Types are gone at run time and do not count. */
export function cycles(project: Project): Violation[] {
  const violations: Violation[] = [];
  const done = new Set<string>();
  const trail: string[] = [];

  const visit = (path: string): void => {
    trail.push(path);
    for (const { specifier, line } of valueImports(project, path)) {
      const target = resolveRelative(path, specifier);
      const start = trail.indexOf(target);
      if (start >= 0) {
        const round = [...trail.slice(start), target].join(" → ");
        const message = `import cycle ${round}; move what they share to a file of its own, or import types only`;
        violations.push({ path, line, rule: "cycles", message });
      } else if (!done.has(target) && project.files.has(target)) visit(target);
    }
    trail.pop();
    done.add(path);
  };

  for (const path of project.paths(SOURCES)) if (!isTest(path) && !done.has(path)) visit(path);
  return violations;
}

function valueImports(project: Project, path: string): Import[] {
  if (!path.endsWith(".ts")) return [];
  return importsOf(project, path).filter(({ specifier, typeOnly }) => specifier.startsWith(".") && !typeOnly);
}
