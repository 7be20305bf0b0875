import ts from "typescript";
import { resolveRelative } from "./imports.ts";
import { lineOf, type Project, type Violation } from "./project.ts";

/** A name that a package exports, and where its index says so. */
interface Exported {
  readonly name: string;
  /** Its name in the file that declares it. */
  readonly original: string;
  readonly from: string;
}

/** Every public name has a docstring; functions also say what they throw, and show one example. */
export function documented(project: Project): Violation[] {
  return project.paths(/^packages\/[^/]+\/src\/index\.ts$/).flatMap((index) => {
    const exported = exportsOf(project, index);
    const names = new Set(exported.map(({ name }) => name));
    return exported.flatMap((each) => {
      const declarations = declarationsOf(project, each.from, each.original);
      const [first] = declarations;
      if (first === undefined) {
        const message = `${each.name} is not declared in ${each.from}; export it from the file that declares it`;
        return [{ path: index, line: 1, rule: "documented", message }];
      }
      const place = { path: first.getSourceFile().fileName, line: lineOf(first), rule: "documented" };
      return lacking(each.name, declarations, names).map((message) => ({ ...place, message }));
    });
  });
}

function lacking(name: string, declarations: readonly ts.Node[], names: ReadonlySet<string>): string[] {
  const docs = declarations.flatMap((node) => ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc));
  if (docs.every((doc) => ts.getTextOfJSDocComment(doc.comment)?.trim() === undefined)) {
    return [`${name} is public and has no docstring; say what it is, with shapes, dtypes and units`];
  }
  const [first] = declarations;
  if (first === undefined || !ts.isFunctionDeclaration(first)) return [];
  const tags = new Set(docs.flatMap((doc) => (doc.tags ?? []).map(({ tagName }) => tagName.text)));
  const messages: string[] = [];
  if (!tags.has("example") && !isTwin(name, names)) messages.push(`${name} has no @example; add one that runs`);
  if (!tags.has("throws") && canBeMisused(first)) messages.push(`${name} has no @throws; list error classes and codes`);
  return messages;
}

/** `crossEntropyWithGrad` and `softmaxGrad` are shown by the example of what they go with. */
function isTwin(name: string, names: ReadonlySet<string>): boolean {
  const base = name.replace(/(With)?Grad$/, "");
  return base !== name && names.has(base);
}

/** Without parameters nothing can be passed wrongly; a type predicate answers for any value. */
function canBeMisused({ parameters, type }: ts.FunctionDeclaration): boolean {
  return parameters.length > 0 && !(type !== undefined && ts.isTypePredicateNode(type));
}

function exportsOf(project: Project, path: string): Exported[] {
  return project.syntax(path).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) return [];
    const { exportClause, moduleSpecifier } = statement;
    if (exportClause === undefined || !ts.isNamedExports(exportClause) || !ts.isStringLiteral(moduleSpecifier))
      return [];
    const from = resolveRelative(path, moduleSpecifier.text);
    return exportClause.elements.map(({ name, propertyName }) => ({
      name: name.text,
      original: (propertyName ?? name).text,
      from,
    }));
  });
}

/** The declarations of a name (overloads are several), through re-exports. */
function declarationsOf(project: Project, path: string, name: string): ts.Node[] {
  if (!project.files.has(path)) return [];
  const own = project.syntax(path).statements.filter((statement) => declares(statement, name));
  if (own.length > 0) return own;
  const passedOn = exportsOf(project, path).find((each) => each.name === name);
  return passedOn === undefined ? [] : declarationsOf(project, passedOn.from, passedOn.original);
}

function declares(statement: ts.Statement, name: string): boolean {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.some((each) => each.name.getText() === name);
  }
  const isDeclaration =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isDeclaration && statement.name?.text === name;
}
