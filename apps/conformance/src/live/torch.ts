import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { WrittenOutputs } from "./translate.ts";

// Real PyTorch in a process of its own: a question on each line of its input, an answer on each line of its output, in order.

/** What PyTorch says: outputs, or that it refuses. */
export type TorchAnswer =
  | { readonly outputs: WrittenOutputs }
  | { readonly error: string; readonly type: string; readonly dtype?: string };

interface Waiting {
  readonly answer: (answer: TorchAnswer) => void;
  readonly fail: (error: Error) => void;
  readonly line: string;
}

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const SYSTEM_PYTHON = "/usr/bin/python3";
const HELP = "install Debian's python3-torch, or name a Python that has torch in SURPRISAL_PYTHON";
/** The last of what the process complains of. */
const COMPLAINT = 400;

/** The Python that is asked: SURPRISAL_PYTHON, or the system's. */
function python(): string {
  return process.env["SURPRISAL_PYTHON"] ?? (existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : "python3");
}

/** A PyTorch that is running. */
export class Torch {
  /** Its version. */
  readonly version: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  #closing = false;
  #ended: Error | undefined;

  private constructor(
    version: string,
    process: ChildProcessWithoutNullStreams,
    lines: Interface,
    ended: Promise<Error>,
  ) {
    this.version = version;
    this.#process = process;
    lines.on("line", (line) => this.#hear(line));
    void this.#end(ended);
  }

  /**
   * Starts one.
   * @throws Error that says what to install, where there is no Python with torch
   * @example
   * ```ts
   * const torch = await Torch.start();
   * const answer = await torch.ask('{"op":"softmax","inputs":{},"options":{"dim":0},"dtypes":["f32"]}');
   * await torch.close();
   * ```
   */
  static async start(): Promise<Torch> {
    const interpreter = python();
    const child = spawn(interpreter, ["tools/make-vectors/live.py"], { cwd: ROOT });
    const ended = endOf(child, interpreter);
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([once(lines, "line") as Promise<[string]>, ended]);
    if (first instanceof Error) throw new Error(`PyTorch cannot be asked: ${HELP} (${first.message})`);
    const { torch } = JSON.parse(first[0]) as { readonly torch: string };
    return new Torch(torch, child, lines, ended);
  }

  /**
   * Asks one question; several may be asked before the first is answered.
   * @throws Error where the question is wrong, or where the process has ended
   */
  async ask(line: string): Promise<TorchAnswer> {
    if (this.#ended !== undefined) throw this.#ended;
    return new Promise<TorchAnswer>((answer, fail) => {
      this.#waiting.push({ answer, fail, line });
      this.#process.stdin.write(`${line}\n`);
    });
  }

  async #end(ended: Promise<Error>): Promise<void> {
    const error = await ended;
    this.#ended = error;
    for (const { fail } of this.#waiting.splice(0)) fail(error);
  }

  #hear(line: string): void {
    const first = this.#waiting.shift();
    if (first === undefined || this.#closing) return; // a process that is ended leaves half a line
    const said = JSON.parse(line) as TorchAnswer | { readonly fault: string };
    if ("fault" in said) first.fail(new Error(`live.py: ${said.fault}, asked ${first.line.slice(0, COMPLAINT)}`));
    else first.answer(said);
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#closing = true;
    const closed = once(this.#process, "close");
    this.#process.stdin.end();
    this.#process.kill(); // it may have much left to answer
    await closed;
  }
}

/** Why a process is there no longer, once it is not. */
async function endOf(child: ChildProcessWithoutNullStreams, interpreter: string): Promise<Error> {
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT);
  });
  child.stdin.on("error", (error) => {
    complaint += String(error); // it has ended: told by `close`
  });
  return new Promise<Error>((resolve) => {
    child.on("error", (error) => resolve(new Error(`${interpreter}: ${error.message}`)));
    child.on("close", (code, signal) => {
      const last = complaint.trim().split("\n").at(-1) ?? "";
      resolve(new Error(`${interpreter} ended with ${signal ?? String(code)}${last === "" ? "" : `: ${last}`}`));
    });
  });
}
