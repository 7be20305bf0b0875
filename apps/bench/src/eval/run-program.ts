import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { errorText } from "../text.ts";

/** What a program took, from start to end. */
export interface ProgramRun {
  readonly stdout: string;
  /** From before the process is started until it has ended. */
  readonly ms: number;
  /** The highest resident set; undefined where the system does not tell. */
  readonly peakBytes: number | undefined;
}

/** Milliseconds between two looks at a process's high-water mark: a rise in the last of them is not seen. */
const LOOK_EVERY = 10;
const TAIL = 2000;

/**
 * Runs a program to its end, in a process of its own.
 * @throws Error with its last words if it does not end with code 0, or is stopped by the signal
 */
export async function runProgram(
  [program = "", ...parameters]: readonly string[],
  signal: AbortSignal,
): Promise<ProgramRun> {
  signal.throwIfAborted();
  const start = performance.now();
  const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"], signal, killSignal: "SIGKILL" });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-TAIL)));
  let peakBytes: number | undefined;
  const look = setInterval(() => (peakBytes = peakOf(child.pid) ?? peakBytes), LOOK_EVERY);
  try {
    const ended = await new Promise<string | undefined>((resolve) => {
      let problem: string | undefined;
      child.on("error", (error) => (problem = `could not be run: ${errorText(error)}`));
      child.on("close", (code, killed) =>
        resolve(problem ?? (code === 0 ? undefined : `ended with ${killed ?? `exit code ${code}`}`)),
      );
    });
    const ms = performance.now() - start;
    signal.throwIfAborted();
    if (ended !== undefined) throw new Error([ended, stderr.trim().split("\n").at(-1)].filter(Boolean).join(": "));
    return { stdout, ms, peakBytes };
  } finally {
    clearInterval(look);
  }
}

/**
 * The high-water mark that Linux keeps for each process (VmHWM). What `getrusage` gives afterwards would be that of this
 * process, too: it counts from before the program replaced it.
 */
function peakOf(pid: number | undefined): number | undefined {
  if (process.platform !== "linux" || pid === undefined) return undefined;
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(statusOf(pid))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Of a process that has ended there is none. */
function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
    throw error;
  }
}
