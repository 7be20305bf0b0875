import { readProject } from "./structure/project.ts";
import { checkStructure, describeViolation, RULES } from "./structure/rules.ts";

// `node tools/check-structure.ts [folder]`: checks the rules of tools/structure/ on a folder, by default this one.

const project = readProject(process.argv[2] ?? ".");
const violations = checkStructure(project);
for (const violation of violations) console.error(describeViolation(violation));
const summary = `structure: ${RULES.length} rules, ${project.files.size} files, ${violations.length} violations`;
if (violations.length > 0) {
  console.error(summary);
  process.exitCode = 1;
} else {
  console.log(summary);
}
