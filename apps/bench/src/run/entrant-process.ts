import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { softwareGpu } from "../../../../tools/chromium.ts";
import type { Entrant } from "../contestant.ts";
import type { Answers, Reply, Request } from "../protocol.ts";
import { errorText } from "../text.ts";

/** An entrant's process did not do what was asked: the message says why, for the report. */
export class EntrantError extends Error {
  override readonly name = "EntrantError";
  /** Of the process: it can be asked again, it is gone, or it was ended because the answer did not come in time. */
  readonly state: "alive" | "gone" | "late";

  constructor(message: string, state: EntrantError["state"]) {
    super(message);
    this.state = state;
  }
}

/** A process that computes for an entrant; asked one thing at a time. */
export interface EntrantProcess {
  /** @throws EntrantError if the answer is an error, the process ends, or `limit` milliseconds pass */
  ask<R extends Request>(request: R, limit: number): Promise<Answers[R["do"]]>;
  /** Ends the process; fulfilled once it is gone, and what it left behind. */
  stop(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const APP = fileURLToPath(new URL("../..", import.meta.url));
const SERVER = fileURLToPath(new URL("../child/main.ts", import.meta.url));
const BROWSER = fileURLToPath(new URL("../child/main-in-browser.ts", import.meta.url));
const TAIL = 2000;

/** Starts an entrant. `nodeArguments` are for Node, where the entrant is a module or a page. */
export function startEntrant(entrant: Entrant, nodeArguments: readonly string[] = []): EntrantProcess {
  const [program = "", ...parameters] = commandOf(entrant, nodeArguments);
  const scratch = "page" in entrant ? mkdtempSync(join(tmpdir(), "surprisal-page-")) : undefined;
  const env = {
    ...process.env,
    ...(scratch !== undefined && { TMPDIR: scratch }),
    ...(entrant.device === true && softwareGpu()),
  };
  const child = spawn(program, parameters, { cwd: APP, env, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const cleared = scratch === undefined ? ended : ended.then(async () => removeScratch(scratch));
  const watched = watch(child);
  return {
    ask: (request, limit) => ask(child, watched, request, limit),
    async stop() {
      child.kill("SIGKILL");
      await cleared;
    },
  };
}

/** A browser's profile: its process is killed, and cannot do it. The browser itself ends some time after. */
async function removeScratch(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function commandOf(entrant: Entrant, nodeArguments: readonly string[]): readonly string[] {
  if ("command" in entrant) return entrant.command;
  const parameters = "page" in entrant ? [BROWSER, entrant.page] : [SERVER, entrant.name];
  return [process.execPath, ...nodeArguments, ...parameters];
}

/** Where the answer to the one open request goes, and why there will be none. */
interface Watched {
  settle: ((line: string | undefined) => void) | undefined;
  ended: string | undefined;
}

function watch(child: Child): Watched {
  const watched: Watched = { settle: undefined, ended: undefined };
  let tail = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-TAIL);
  });
  const end = (reason: string): void => {
    watched.ended ??= reason;
    watched.settle?.(undefined);
  };
  createInterface({ input: child.stdout }).on("line", (line) => watched.settle?.(line));
  child.on("error", (error) => end(`could not be started: ${errorText(error)}`));
  child.on("close", (code, signal) => end(`its process ended with ${signal ?? `exit code ${code}`}${lastWords(tail)}`));
  child.stdin.on("error", () => undefined); // a process that has ended is told by `close`
  return watched;
}

/** The line of a stack or a traceback that says what happened. */
function lastWords(tail: string): string {
  const lines = tail.split("\n").map((line) => line.trim());
  const telling =
    lines.findLast((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.findLast((line) => line !== "");
  return telling === undefined ? "" : `: ${telling}`;
}

async function ask<R extends Request>(
  child: Child,
  watched: Watched,
  request: R,
  limit: number,
): Promise<Answers[R["do"]]> {
  if (watched.ended !== undefined) throw new EntrantError(watched.ended, "gone");
  const line = await new Promise<string | undefined | typeof LATE>((resolve) => {
    const timer = setTimeout(() => resolve(LATE), limit);
    watched.settle = (text) => {
      clearTimeout(timer);
      resolve(text);
    };
    child.stdin.write(`${JSON.stringify(request)}\n`);
  });
  watched.settle = undefined;
  if (line === LATE) {
    child.kill("SIGKILL");
    throw new EntrantError(`${request.do}: no answer within ${limit / 1000} s`, "late");
  }
  if (line === undefined) throw new EntrantError(`${request.do}: ${watched.ended ?? "no answer"}`, "gone");
  return answerOf(line) as Answers[R["do"]];
}

const LATE: unique symbol = Symbol("late");

function answerOf(line: string): Answers[keyof Answers] {
  let reply: Reply<keyof Answers>;
  try {
    reply = JSON.parse(line) as Reply<keyof Answers>;
  } catch (error) {
    throw new EntrantError(`answered "${line.slice(0, 80)}", which is no JSON: ${errorText(error)}`, "gone");
  }
  if (reply.ok) return reply;
  throw new EntrantError(reply.error, "alive");
}
