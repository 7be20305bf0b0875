/** What one backend gave: the loss of each step, that of the held-out text before and after, in nats, and the time it took. */
export interface Run {
  readonly name: string;
  readonly losses: readonly number[];
  readonly before: number;
  readonly after: number;
  readonly seconds: number;
}

/** Backends add in different orders and train on what they got: losses may part in their last digits, and no sooner. */
const TOLERANCE = 1e-4;
/** What a head that learns gains at least on text that it has not seen, in nats: its perplexity halves. */
const GAIN = Math.LN2;
/** Steps from one line of the table to the next. */
const STRIDE = 5;

/** The loss curve of each backend, side by side, and how well the held-out text is predicted. */
export function tableOf(runs: readonly Run[]): string[] {
  const line = (title: string, cells: readonly string[]): string =>
    [title.padEnd(20), ...cells.map((cell) => cell.padStart(11))].join("");
  const lossLine = (title: string, losses: readonly number[]): string =>
    line(title, [...losses.map((loss) => loss.toFixed(5)), shown(spread(losses))]);
  const steps = Array.from(runs[0]?.losses.keys() ?? []).filter((step) => step === 0 || (step + 1) % STRIDE === 0);
  const befores = runs.map(({ before }) => before);
  const afters = runs.map(({ after }) => after);
  const perplexities = (losses: readonly number[]): string[] => losses.map((loss) => Math.exp(loss).toFixed(2));
  return [
    "",
    line("loss, in nats", [...runs.map(({ name }) => name), "difference"]),
    ...steps.map((step) => lossLine(`  step ${step + 1}`, lossesAt(runs, step))),
    lossLine("  held out, before", befores),
    lossLine("  held out, after", afters),
    line("perplexity, held out", []),
    line("  before", perplexities(befores)),
    line("  after", perplexities(afters)),
    "",
    `largest difference of any loss: ${shown(largestDifference(runs))} (allowed: ${TOLERANCE})`,
  ];
}

/** What should not be: losses that differ between backends, a head that has not learnt. */
export function complaintsOf(runs: readonly Run[]): string[] {
  if (runs.length < 2) return ["fewer than two backends ran: there is nothing to compare"];
  const difference = largestDifference(runs);
  // "not within", rather than "beyond": NaN is neither
  const apart = difference <= TOLERANCE ? [] : [`losses differ by ${shown(difference)}; ${TOLERANCE} is allowed`];
  const idle = runs.filter(({ before, after }) => !(after <= before - GAIN));
  const unlearnt = idle.map(({ name, before, after }) => `${name}: held-out loss from ${before} to ${after}`);
  return [...apart, ...unlearnt.map((each) => `${each}; it must fall by ${GAIN.toFixed(2)}`)];
}

function largestDifference(runs: readonly Run[]): number {
  const steps = Math.max(0, ...runs.map(({ losses }) => losses.length));
  const ofSteps = Array.from({ length: steps }, (_, step) => spread(lossesAt(runs, step)));
  const ofEnds = [spread(runs.map(({ before }) => before)), spread(runs.map(({ after }) => after))];
  return Math.max(0, ...ofSteps, ...ofEnds);
}

function lossesAt(runs: readonly Run[], step: number): number[] {
  return runs.map(({ losses }) => losses[step] ?? Number.NaN);
}

/** 0 means that not even the last digit differs. */
function shown(difference: number): string {
  return difference === 0 ? "0" : difference.toExponential(1);
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
