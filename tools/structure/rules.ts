import { banned } from "./banned.ts";
import { cycles } from "./cycles.ts";
import { documented } from "./documented.ts";
import { layers } from "./layers.ts";
import { longFiles } from "./long-files.ts";
import { mentions } from "./mentions.ts";
import { namesOnly } from "./names-only.ts";
import type { Project, Rule, Violation } from "./project.ts";

/** All rules of the repository's structure. */
export const RULES: readonly Rule[] = [layers, cycles, longFiles, documented, namesOnly, mentions, banned];

/** Everything that breaks a rule, ordered by place. */
export function checkStructure(project: Project): Violation[] {
  const violations = RULES.flatMap((rule) => rule(project));
  return violations.toSorted((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

/** `file:line rule: message`. */
export function describeViolation({ path, line, rule, message }: Violation): string {
  return `${path}:${line} ${rule}: ${message}`;
}
