import { posix } from "node:path";
import ts from "typescript";
import { lineOf, type Project, walk } from "./project.ts";

/** One import or re-export. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Gone at run time: `import type`, or nothing but types between the braces. */
  readonly typeOnly: boolean;
  /** Names of the values taken; `*` for all of them. */
  readonly names: readonly string[];
}

/** Every import of a file, in whichever form. */
export function importsOf(project: Project, path: string): Import[] {
  const found: Import[] = [];
  walk(project.syntax(path), (node) => {
    if (ts.isImportDeclaration(node)) found.push(...declared(node, node.moduleSpecifier, importedNames(node)));
    if (ts.isExportDeclaration(node)) found.push(...declared(node, node.moduleSpecifier, exportedNames(node)));
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push(...declared(node, node.argument.literal, []));
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      found.push(...declared(node, node.arguments[0], ["*"]));
    }
  });
  return found;
}

/** The file that a relative specifier means. */
export function resolveRelative(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

function declared(node: ts.Node, specifier: ts.Node | undefined, names: readonly string[]): Import[] {
  if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return [];
  return [{ specifier: specifier.text, line: lineOf(node), typeOnly: names.length === 0, names }];
}

function importedNames({ importClause: clause }: ts.ImportDeclaration): string[] {
  if (clause === undefined) return ["*"]; // import "x": for its effects
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
  const names = clause.name === undefined ? [] : ["default"];
  const { namedBindings } = clause;
  if (namedBindings === undefined) return names;
  return [...names, ...(ts.isNamespaceImport(namedBindings) ? ["*"] : valueNames(namedBindings.elements))];
}

function exportedNames({ isTypeOnly, exportClause }: ts.ExportDeclaration): string[] {
  if (isTypeOnly) return [];
  return exportClause === undefined || ts.isNamespaceExport(exportClause) ? ["*"] : valueNames(exportClause.elements);
}

function valueNames(elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[]): string[] {
  return elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name, propertyName }) => (propertyName ?? name).text);
}
