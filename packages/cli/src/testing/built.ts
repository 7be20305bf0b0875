import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

/** The built program, as it is installed: `pnpm build` comes first. */
const BIN = new URL("../../dist/bin.js", import.meta.url).pathname;

/** How a process has ended. */
export interface Ended {
  readonly code: unknown;
  readonly signal: unknown;
}

/** Starts the built program; its standard input stays open. */
export function startBuilt(...argv: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [BIN, ...argv]);
}

/** Waits for its end. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const [code, signal] = (await once(child, "exit")) as unknown[];
  return { code, signal };
}

/** All that comes out of a stream. */
export async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Runs the built program to its end. */
export async function runBuilt(...argv: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = startBuilt(...argv);
  child.stdin.end();
  const [stdout, stderr, { code }] = await Promise.all([textOf(child.stdout), textOf(child.stderr), ended(child)]);
  return { code, stdout, stderr };
}
