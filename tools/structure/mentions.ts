import type { Project, Violation } from "./project.ts";

// Put together from pieces, so that this file does not mention what it looks for.
const MENTIONS: readonly { readonly pattern: RegExp; readonly message: string }[] = [
  {
    pattern: new RegExp(["\\.\\.", "shared(?![\\w-])"].join("/")),
    message: "names a folder outside the repository; say the thing itself",
  },
  {
    pattern: new RegExp(["(?<![\\w.*})\\]-])", "work(?![\\w-])"].join("/")),
    message: "names a folder of one machine; use a path from the repository root",
  },
  {
    pattern: new RegExp(["\\bregistry", "[a-z0-9-]+", "[a-z]{2,}"].join("\\."), "i"),
    message: "names a package registry; leave that to each machine's own settings",
  },
];

/** The repository speaks of itself alone: no path of one machine, no registry. */
export function mentions(project: Project): Violation[] {
  const violations: Violation[] = [];
  for (const [path, text] of project.files) {
    for (const { pattern, message } of MENTIONS) {
      if (!pattern.test(text)) continue; // most files, so lines are looked at only where there is something
      for (const [i, line] of text.split("\n").entries()) {
        if (pattern.test(line)) violations.push({ path, line: i + 1, rule: "mentions", message });
      }
    }
  }
  return violations;
}
