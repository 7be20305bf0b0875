import { BACKENDS, chooseBackend } from "../backends.ts";
import { CliError, EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { toJson } from "../report/json.ts";
import { progressOn } from "../report/progress.ts";
import { styleFor } from "../report/style.ts";
import type { Check } from "./check.ts";
import { computeDemo, type DemoSetup } from "./compute.ts";
import type { DemoSection } from "./section.ts";

/** The options of `surprisal demo` as they were given. */
export interface DemoOptions {
  readonly backend: string;
  readonly json?: boolean;
}

/** Edge of the volume, in voxels. */
const SIDE = 128;

/**
 * `surprisal demo`: computes, shows and checks.
 * @throws CliError with exit code 1 for a composed value and a built-in one that disagree
 */
export async function runDemo({ backend, json = false }: DemoOptions, io: Io, side: number = SIDE): Promise<void> {
  if (backend !== "auto") (await chooseBackend(backend)).backend.dispose();
  const backends = BACKENDS.filter(({ name }) => backend === "auto" || name === backend);
  const setup = { backends, side };
  const sections = json ? await writeJson(setup, io) : await writeText(setup, io);
  gate(sections.flatMap(({ checks }) => checks));
}

/** Throws for the first check that failed. */
export function gate(checks: readonly Check[]): void {
  const failed = checks.filter(({ ok }) => !ok);
  const [first] = failed;
  if (first === undefined) return;
  const { name, left, right, difference, bound } = first;
  const message = `${name}: ${left} and ${right} differ by ${difference}; rounding explains at most ${bound}`;
  throw new CliError(EXIT.gateFailed, `${failed.length} of ${checks.length} comparisons failed; ${message}`);
}

async function writeJson(setup: DemoSetup, io: Io): Promise<DemoSection[]> {
  const sections: DemoSection[] = [];
  for await (const section of computeDemo(setup)) sections.push(section);
  const verified = sections.every(({ checks }) => checks.every(({ ok }) => ok));
  io.stdout.write(toJson({ version: 1, command: "demo", verified, sections }));
  return sections;
}

/** Each section is written as soon as it is there. */
async function writeText(setup: DemoSetup, io: Io): Promise<DemoSection[]> {
  const { renderOpening, renderSection, renderVerdict } = await import("./render.ts");
  const style = styleFor(io.stdout);
  const progress = progressOn(io.stderr);
  const sections: DemoSection[] = [];
  io.stdout.write(renderOpening(style));
  try {
    for await (const section of computeDemo(setup)) {
      sections.push(section);
      progress.clear();
      io.stdout.write(renderSection(section, sections.length, style));
      progress.show("   computing …");
    }
  } finally {
    progress.clear();
  }
  io.stdout.write(
    renderVerdict(
      sections.flatMap(({ checks }) => checks),
      style,
    ),
  );
  return sections;
}
