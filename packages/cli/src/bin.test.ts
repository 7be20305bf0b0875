import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { fixture } from "./testing/io.ts";

// The built program, as it is installed: `pnpm build` comes first.
const BIN = new URL("../dist/bin.js", import.meta.url).pathname;

/** Dawn writes to stderr by itself where it finds no driver. */
const WASM = ["--backend", "wasm"];

function start(...argv: string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [BIN, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  return child;
}

interface Ended {
  readonly code: unknown;
  readonly signal: unknown;
}

async function end(child: ChildProcess): Promise<Ended> {
  const [code, signal] = (await once(child, "exit")) as unknown[];
  return { code, signal };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

it("runs a command", async () => {
  const child = start("eval", fixture("logits-f4.npy"), fixture("targets-i8.npy"), "--json", ...WASM);
  const [stdout, stderr, { code }] = await Promise.all([textOf(child.stdout), textOf(child.stderr), end(child)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, keptRows: 5 });
});

it("gives the exit code of an error", async () => {
  const child = start("eval", "missing.npy", "missing.npy", ...WASM);
  const [stderr, { code }] = await Promise.all([textOf(child.stderr), end(child)]);
  expect({ code, stderr }).toEqual({ code: 3, stderr: "surprisal: missing.npy: no such file or directory\n" });
});

it("ends with 130 on SIGINT", async () => {
  const child = start("demo");
  await once(child.stdout, "data");
  child.kill("SIGINT");
  expect(await end(child)).toEqual({ code: 130, signal: null });
});

it("is quiet when its reader goes away", async () => {
  const child = start("demo");
  const stderr = textOf(child.stderr);
  await once(child.stdout, "data");
  child.stdout.destroy();
  expect(await end(child)).toEqual({ code: 0, signal: null });
  expect(await stderr).toBe("");
});
