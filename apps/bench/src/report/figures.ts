import { type BenchCase, matrixFlops, PASSES, trafficOf } from "../cases.ts";
import { type Entrant, inPage, type Pass } from "../contestant.ts";
import type { Bandwidth } from "../run/bandwidth.ts";
import type { CaseResult, Measured } from "../run/measure-case.ts";
import { summarize } from "../run/statistics.ts";
import type { Row, Standing, TimedStanding } from "./report.ts";

/** What moves fewer bytes stays in caches, and memory is not its limit. */
const LEAST_BYTES = 2 ** 20;

/** The rows of a case. */
export function rowsOf(result: CaseResult, entrants: readonly Entrant[], bandwidth: readonly Bandwidth[]): Row[] {
  const { benchCase, measured } = result;
  return PASSES.map((pass) => {
    const standings = measured
      .filter((each) => each.pass === pass)
      .map((each) => standingOf(benchCase, each, memoryOf(each, entrants, bandwidth)));
    return { case: benchCase, pass, standings: withRatios(standings, entrants) };
  });
}

/** The most that memory gives to an entrant: more threads can have what fewer had. A device's is not known. */
function memoryOf(
  { entrant: name }: Measured,
  entrants: readonly Entrant[],
  bandwidth: readonly Bandwidth[],
): Bandwidth | undefined {
  const entrant = entrants.find((each) => each.name === name);
  if (entrant !== undefined && inPage(entrant)) return undefined;
  const threads = entrant?.threads ?? 1;
  const possible = bandwidth.filter((each) => each.threads <= threads);
  return {
    threads,
    read: Math.max(...possible.map(({ read }) => read)),
    copy: Math.max(...possible.map(({ copy }) => copy)),
  };
}

function standingOf(benchCase: BenchCase, measured: Measured, memory: Bandwidth | undefined): Standing {
  const { entrant: name, pass, ...rest } = measured;
  if (rest.status !== "timed") return { name, ...rest };
  const summary = summarize(rest.times);
  const { read, written } = trafficOf(benchCase, pass);
  const flops = matrixFlops(benchCase, pass);
  const limit = flops === undefined && read + written >= LEAST_BYTES ? memory : undefined;
  return {
    name,
    ...rest,
    ...summary,
    gigabytesPerSecond: (read + written) / summary.median / 1e6,
    ...(limit !== undefined && { share: limitMs(benchCase, pass, limit) / summary.median }),
    ...(flops !== undefined && { gigaflops: flops / summary.median / 1e6 }),
  };
}

/** Milliseconds that memory alone takes: bytes that are written cost what a copy costs, the others what a read costs. */
export function limitMs(benchCase: BenchCase, pass: Pass, { read, copy }: Bandwidth): number {
  const traffic = trafficOf(benchCase, pass);
  const copied = Math.min(traffic.read, traffic.written);
  return ((2 * copied) / copy + (traffic.read - copied) / read) * 1000;
}

function withRatios(standings: readonly Standing[], entrants: readonly Entrant[]): Standing[] {
  const entrantOf = new Map(entrants.map((entrant) => [entrant.name, entrant]));
  const threadsOf = (name: string): number => entrantOf.get(name)?.threads ?? 1;
  const ours = standings.filter(isTimed).filter(({ name }) => {
    const entrant = entrantOf.get(name);
    return entrant?.role === "ours" && entrant.residency !== "handed over";
  });
  return standings.map((standing) => {
    if (!isTimed(standing)) return standing;
    const against = entrantOf.get(standing.name)?.against;
    const [fastest] = ours
      .filter(({ name }) => (against === undefined ? threadsOf(name) <= threadsOf(standing.name) : name === against))
      .toSorted((a, b) => a.median - b.median);
    if (fastest === undefined) return standing;
    return { ...standing, ratio: standing.median / fastest.median, against: fastest.name };
  });
}

/** Whether a standing has times. */
export function isTimed(standing: Standing): standing is TimedStanding {
  return standing.status === "timed";
}
