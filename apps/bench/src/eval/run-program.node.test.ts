import process from "node:process";
import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";

const NEVER = new AbortController().signal;

async function node(script: string, signal: AbortSignal = NEVER): ReturnType<typeof runProgram> {
  return runProgram([process.execPath, "--eval", script], signal);
}

test("what a program prints, its time, and its highest memory, also of what it no longer has", async () => {
  const idle = await node("setTimeout(() => console.log(1), 100)");
  expect(idle.stdout).toBe("1\n");
  expect(idle.ms).toBeGreaterThan(100);
  const hungry = await node(`
    require("node:v8").setFlagsFromString("--expose-gc");
    let bytes = new Uint8Array(3e8).fill(1);
    setTimeout(() => {
      bytes = undefined;
      require("node:vm").runInNewContext("gc")();
      setTimeout(() => {}, 100);
    }, 100);
  `);
  const more = hungry.peakBytes === undefined ? undefined : hungry.peakBytes - (idle.peakBytes ?? 0);
  expect(more ?? 3e8).toBeGreaterThan(2.9e8);
  expect(more ?? 3e8).toBeLessThan(3.5e8);
});

test("a program that fails says its last words, and one that is not there that", async () => {
  await expect(node("console.error('first'); console.error('last'); process.exitCode = 3")).rejects.toThrow(
    "ended with exit code 3: last",
  );
  await expect(node("process.kill(process.pid, 'SIGKILL')")).rejects.toThrow("ended with SIGKILL");
  await expect(runProgram(["surprisal-no-such-program"], NEVER)).rejects.toThrow(/could not be run: .*ENOENT/);
});

test("a signal ends the program, and the reason is thrown", async () => {
  const stop = new AbortController();
  const running = node("setInterval(() => {}, 1000)", stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 200);
  await expect(running).rejects.toThrow("enough");
  await expect(node("", stop.signal)).rejects.toThrow("enough");
});
