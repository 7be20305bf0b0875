import type { Style } from "../report/style.ts";
import { magnitude } from "../report/numbers.ts";
import type { Check } from "./check.ts";
import { renderBackends } from "./render/backends.ts";
import { renderBinary } from "./render/binary.ts";
import { renderClasses } from "./render/classes.ts";
import { renderDistributions } from "./render/distributions.ts";
import { renderMatrix } from "./render/matrix.ts";
import { renderVolume } from "./render/volume.ts";
import type { DemoSection } from "./section.ts";

const TITLES: Readonly<Record<DemoSection["kind"], string>> = {
  distributions: "Entropy and cross entropy of two distributions",
  binary: "Binary cross entropy",
  classes: "Several classes: binary sum and categorical",
  matrix: "Cross entropy of logits, composed and built in",
  volume: "The same for a volume",
  backends: "The volume on every backend",
};

/** The first lines of the tour. */
export function renderOpening(style: Style): string {
  const subtitle = style.dim("cross entropy from its definition up; every number is computed now");
  return `\n${style.strong("Surprisal")}  ${subtitle}\n`;
}

/** One section under its number and title. */
export function renderSection(section: DemoSection, number: number, style: Style): string {
  return `\n${style.accent(String(number))}  ${style.strong(TITLES[section.kind])}\n\n${bodyOf(section, style)}`;
}

/** The last line: whether all values that should agree do. */
export function renderVerdict(checks: readonly Check[], style: Style): string {
  const failed = checks.filter(({ ok }) => !ok).length;
  if (failed > 0) return `\n${style.bad("✗")}  ${failed} of ${checks.length} comparisons failed.\n\n`;
  const largest = Math.max(...checks.map(({ difference }) => difference));
  const extent = style.dim(`largest difference ${magnitude(largest)}, each within its rounding bound`);
  return `\n${style.good("✓")}  ${style.strong(`${checks.length} comparisons agree`)}  ${extent}\n\n`;
}

function bodyOf(section: DemoSection, style: Style): string {
  switch (section.kind) {
    case "distributions":
      return renderDistributions(section, style);
    case "binary":
      return renderBinary(section, style);
    case "classes":
      return renderClasses(section, style);
    case "matrix":
      return renderMatrix(section, style);
    case "volume":
      return renderVolume(section, style);
    case "backends":
      return renderBackends(section, style);
    default:
      return section satisfies never;
  }
}
