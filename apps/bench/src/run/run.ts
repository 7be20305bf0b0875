import type { BenchCase } from "../cases.ts";
import { type Entrant, inPage, onDevice } from "../contestant.ts";
import { rowsOf } from "../report/figures.ts";
import type { BenchReport, EntrantReport, Place } from "../report/report.ts";
import { type Bandwidth, best, measureBandwidth } from "./bandwidth.ts";
import { bundleSize } from "./bundle.ts";
import { startEntrant } from "./entrant-process.ts";
import { thisMachine } from "./machine.ts";
import { type CaseResult, measureCase, WARM_UP_ROUNDS } from "./measure-case.ts";

/** What to measure. */
export interface RunOptions {
  readonly where: Place;
  readonly cases: readonly BenchCase[];
  readonly entrants: readonly Entrant[];
  readonly rounds: number;
  /** For the processes of entrants that are modules. */
  readonly nodeArguments?: readonly string[];
  /** How it was called, for the report. */
  readonly command: string;
  /** Told what begins. */
  readonly tell?: (what: string) => void;
}

/** Measures all cases; the memory's bandwidth before each of them and after the last. */
export async function run(options: RunOptions): Promise<BenchReport> {
  const { where, cases, entrants, rounds, nodeArguments, command, tell } = options;
  const started = performance.now();
  const created = new Date().toISOString();
  const machine = thisMachine();
  const bandwidths: Bandwidth[] = [];
  const results: CaseResult[] = [];
  for (const benchCase of cases) {
    tell?.(benchCase.id);
    bandwidths.push(...(await bandwidthFor(entrants)));
    const start = (entrant: Entrant): ReturnType<typeof startEntrant> => startEntrant(entrant, nodeArguments);
    results.push(await measureCase(benchCase, { entrants, rounds, start }));
  }
  const bandwidth = best([...bandwidths, ...(await bandwidthFor(entrants))]);
  const reports: EntrantReport[] = [];
  for (const entrant of entrants) reports.push(await reportOf(entrant, results));
  return {
    format: 1,
    where,
    created,
    command,
    seconds: (performance.now() - started) / 1000,
    machine,
    rounds,
    warmUpRounds: WARM_UP_ROUNDS,
    bandwidth,
    checksum: results.reduce((sum, { checksum }) => sum + checksum, 0),
    entrants: reports,
    rows: results.flatMap((result) => rowsOf(result, entrants, bandwidth)),
  };
}

/** Of the machine's memory; a device has its own. */
async function bandwidthFor(entrants: readonly Entrant[]): Promise<Bandwidth[]> {
  if (entrants.every(inPage)) return [];
  const counts = new Set([1, ...entrants.map(({ threads = 1 }) => threads)]);
  const measured: Bandwidth[] = [];
  for (const threads of counts) measured.push(await measureBandwidth(threads));
  return measured;
}

async function reportOf(entrant: Entrant, results: readonly CaseResult[]): Promise<EntrantReport> {
  const { name, role, threads = 1, residency = "one memory", bundle } = entrant;
  const said = results.map(({ facts }) => facts[name] ?? {});
  const facts = said.find((each) => Object.keys(each).length > 0) ?? {};
  const report = { name, role, residency, facts, ...(!onDevice(entrant) && { threads }) };
  return bundle === undefined ? report : { ...report, bundle: await bundleSize(bundle) };
}
