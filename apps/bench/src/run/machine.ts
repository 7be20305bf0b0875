import { cpus, loadavg, release, totalmem, type as systemName } from "node:os";
import process from "node:process";

/** Where the figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  /** What else was going on: tasks that had a core or waited for one, over the minute before (0 on Windows). */
  readonly load: number;
}

/** This machine, as it is now. */
export function thisMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memory: totalmem(),
    system: `${systemName()} ${release()} ${process.arch}`,
    node: process.versions.node,
    load: loadavg()[0] ?? 0,
  };
}

/** A machine in a sentence's words. */
export function machineText({ cpu, cores, memory, system, node, load }: Machine): string {
  const busy = load >= 0.5 ? `, with a load of ${load.toFixed(1)} from other work when it began` : "";
  return `${cores} cores of ${cpu}, ${(memory / 2 ** 30).toFixed(0)} GiB of memory, ${system}, Node ${node}${busy}`;
}
