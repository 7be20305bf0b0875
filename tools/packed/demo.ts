import { inRuntime } from "./runtimes.ts";

// The numbers that `surprisal demo` shows, for pages to be held to.

/** Losses of the demo: the matrix's mean, its sum and its three rows, and the volume's mean. */
export type DemoLosses = readonly number[];

/** Of each backend, by name: what fixture/check.js gives. */
export type PageAnswer = Readonly<
  Record<string, { readonly losses: DemoLosses; readonly gradientsOff: readonly number[] }>
>;

const BACKENDS = ["cpu", "wasm", "gpu"] as const;
/** Losses up to 1.5 in f32: 8 units in the last place. */
const TOLERANCE = 1e-6;
/** The volume's gradients are some 1e-7 each, the matrix's up to 0.2. */
const GRADIENT_TOLERANCES = [1e-7, 1e-13];

/** What is taken of `surprisal demo --json`. */
interface Demo {
  readonly sections: readonly (
    | { readonly kind: "matrix"; readonly losses: readonly { readonly builtIn: readonly number[] }[] }
    | { readonly kind: "volume"; readonly indices: { readonly value: number } }
    | { readonly kind: "distributions" | "binary" | "classes" | "backends" }
  )[];
}

/** Runs the installed demo, and takes its losses. */
export async function demoLosses(folder: string): Promise<DemoLosses> {
  const program = "node_modules/@surprisal/cli/dist/bin.js";
  const { sections } = JSON.parse(
    await inRuntime(folder, "Node 24", program, "demo", "--backend", "cpu", "--json"),
  ) as Demo;
  const losses = sections.flatMap((section) => {
    if (section.kind === "matrix") return section.losses.flatMap(({ builtIn }) => builtIn);
    return section.kind === "volume" ? [section.indices.value] : [];
  });
  if (losses.length !== 6) throw new Error(`the demo shows ${losses.length} losses of these kinds; 6 are looked for`);
  return losses;
}

/** Throws unless a page has computed the demo's numbers on every backend; in words where it has. */
export function checkPage(page: PageAnswer, demo: DemoLosses): string {
  for (const name of BACKENDS) {
    const { losses = [], gradientsOff = [] } = page[name] ?? {};
    const off = demo.map((loss, i) => Math.abs(loss - (losses[i] ?? NaN)));
    if (!off.every((each) => each <= TOLERANCE)) {
      throw new Error(`losses on ${name} are ${losses.join(", ")}; the demo's are ${demo.join(", ")}`);
    }
    const near = GRADIENT_TOLERANCES.every((most, i) => (gradientsOff[i] ?? NaN) <= most);
    if (!near) throw new Error(`gradients on ${name} are off by ${gradientsOff.join(" and ")}`);
  }
  const [mean = NaN, volume = NaN] = [demo[0], demo.at(-1)];
  return `${mean.toFixed(4)} and ${volume.toFixed(4)} as in the demo, on ${BACKENDS.join(", ")}`;
}
