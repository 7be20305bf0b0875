import { cpus, release, totalmem, type as systemName } from "node:os";
import process from "node:process";

/** Where the figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
}

/** This machine. */
export function thisMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memory: totalmem(),
    system: `${systemName()} ${release()} ${process.arch}`,
    node: process.versions.node,
  };
}

/** A machine in a sentence's words. */
export function machineText({ cpu, cores, memory, system, node }: Machine): string {
  return `${cores} cores of ${cpu}, ${(memory / 2 ** 30).toFixed(0)} GiB of memory, ${system}, Node ${node}`;
}
