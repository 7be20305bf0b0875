import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { softwareGpu } from "../chromium.ts";

const run = promisify(execFile);

/** How each runtime starts a program, in the project's folder. */
export const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  "Node 20": ["node_modules/node20/bin/node"],
  "Node 22": ["node_modules/node22/bin/node"],
  "Node 24": ["node_modules/node24/bin/node"],
  "Node 26": ["node_modules/node26/bin/node"],
  Deno: ["node_modules/@deno/linux-x64-glibc/deno", "run", "--allow-all", "--quiet"],
  Bun: ["node_modules/@oven/bun-linux-x64/bin/bun"],
};

/** What a program of the project writes to stdout. @throws what it wrote to stderr, where it fails */
export async function inRuntime(folder: string, runtime: string, ...args: readonly string[]): Promise<string> {
  const [command = "", ...rest] = [...(RUNTIMES[runtime] ?? []), ...args];
  const env = { ...process.env, ...softwareGpu() };
  const { stdout } = await run(join(folder, command), rest, { cwd: folder, env, maxBuffer: 2 ** 28, timeout: 900_000 });
  return stdout;
}
