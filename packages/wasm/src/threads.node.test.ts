import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { crossEntropy, isSurprisalError, randint, randn } from "@surprisal/core";
import { expect, test } from "vitest";
import { CONTROL_BYTES } from "./control.ts";
import { Pool, type PoolParts } from "./threads.ts";
import { wasm } from "./wasm.ts";

// A pool whose workers are what a test makes of them. Workers that work are in backend.test.ts.

/** The beginning of each script: it is told everything, and says that it is ready. */
const READY = `
const { parentPort } = require("node:worker_threads");
parentPort.once("message", ({ memory, control }) => {
  const words = new Int32Array(memory.buffer, control, 16);
  parentPort.postMessage({ ready: true });
`;
const scripts = {
  /** Never says anything. */
  silent: 'require("node:worker_threads").parentPort.on("message", () => {});',
  throws: 'require("node:worker_threads").parentPort.on("message", () => { throw new Error("broken on purpose"); });',
  exits: "process.exit(3);",
  cannot:
    'require("node:worker_threads").parentPort.once("message", () => require("node:worker_threads").parentPort.postMessage({ ready: false, reason: "no" }));',
  /** Waits for jobs, and does none. */
  idle: `${READY} Atomics.wait(words, 0, 1e9); setInterval(() => {}, 1000); });`,
  /** Is there, and dies at once. */
  dies: `${READY} setTimeout(() => process.exit(0), 20); });`,
  /** Takes one chunk and dies with it. */
  takes: `${READY}
    Atomics.wait(words, 0, 0);
    Atomics.add(words, 1, 1);
    process.exit(0);
  });`,
} satisfies Record<string, string>;

function makerOf(...names: (keyof typeof scripts)[]): () => Worker {
  let made = 0;
  return () => new Worker(scripts[names[Math.min(made++, names.length - 1)] ?? "idle"], { eval: true });
}

const EMPTY = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

async function poolOf(worker: () => Worker, more: Partial<PoolParts> = {}): Promise<{ pool: Pool; done: number[] }> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const done: number[] = [];
  const pool = await Pool.start({
    runChunk: (chunk) => void done.push(chunk),
    start: { module: EMPTY, memory, control: 0, record: CONTROL_BYTES },
    scratches: [1024, 2048],
    smallest: 1,
    worker,
    patience: 300,
    ...more,
  });
  return { pool, done };
}

test.each([
  ["silent", "no answer in 300 ms"],
  ["throws", "broken on purpose"],
  ["exits", "the worker ended with code 3"],
  ["cannot", "no"],
] as const)("workers that do not start (%s) leave this thread to do it all, and the reason", async (name, reason) => {
  const { pool, done } = await poolOf(makerOf(name));
  expect(pool.describe()).toMatchObject({ threads: 1, threadsMissing: 2 });
  expect(JSON.stringify(pool.describe())).toContain(reason);
  pool.run(5, 1000);
  expect(done).toEqual([0, 1, 2, 3, 4]);
  pool.dispose();
});

test("a maker that throws is a reason too", async () => {
  const { pool, done } = await poolOf(() => {
    throw new Error("workers are forbidden here");
  });
  expect(JSON.stringify(pool.describe())).toContain("workers are forbidden here");
  pool.run(2, 1000);
  expect(done).toEqual([0, 1]);
});

test("what idle threads leave is done here", async () => {
  const { pool, done } = await poolOf(makerOf("idle"));
  expect(pool.describe()).toEqual({ threads: 3 });
  pool.run(100, 1000);
  expect(done).toEqual(Array.from({ length: 100 }, (_, i) => i));
  pool.dispose();
  pool.dispose();
});

test("a thread that dies between calls is replaced", async () => {
  const { pool, done } = await poolOf(makerOf("dies", "dies", "idle"));
  await expect.poll(() => JSON.stringify(pool.describe())).toBe('{"threads":3}');
  await expect.poll(() => pool.describe()["threads"], { timeout: 5000 }).toBe(3);
  pool.run(3, 1000);
  expect(done).toEqual([0, 1, 2]);
  pool.dispose();
});

test("threads that die again and again are given up", async () => {
  const { pool } = await poolOf(makerOf("dies"));
  await expect.poll(() => pool.describe()["threads"], { timeout: 10_000 }).toBe(1);
  expect(pool.describe()).toMatchObject({ threadsMissing: 2 });
  pool.dispose();
});

test("a thread that dies with a chunk ends the call with a typed error, and the backend", async () => {
  const { pool } = await poolOf(makerOf("takes"), { runChunk: () => Atomics.wait(PAUSE, 0, 0, 100) });
  const run = (): unknown => {
    try {
      pool.run(6, 1000);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  for (const error of [run(), run()]) {
    expect(error).toSatisfy(isSurprisalError);
    expect(error).toMatchObject({ name: "BackendError", code: "backend-lost" });
  }
});

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

test("a chunk that traps here ends the call with a typed error", async () => {
  const { pool } = await poolOf(makerOf("idle"), {
    runChunk: () => {
      throw new WebAssembly.RuntimeError("unreachable");
    },
  });
  expect(() => pool.run(2, 1000)).toThrow(expect.objectContaining({ code: "backend-lost" }));
});

test("the embedded worker works: two threads are there, and a call in between does not wait for the event loop", async () => {
  const backend = await wasm({ threads: 2, chunk: 64 });
  expect(backend.describe()).toMatchObject({ threads: 2 });
  const logits = randn([500, 40], { seed: 1, backend });
  const target = randint(0, 40, [500], { seed: 2, backend });
  for (let i = 0; i < 2000; i++) crossEntropy(logits, target).dispose();
  expect(await crossEntropy(logits, target).item()).toBeCloseTo(4.2, 0);
  backend.dispose();
});

const PROGRAM = `
import { crossEntropy, randint, randn } from "@surprisal/core";
import { wasm } from "@surprisal/wasm";
const backend = await wasm({ threads: 3 });
const logits = randn([512, 1000], { seed: 1, backend });
console.log(await crossEntropy(logits, randint(0, 1000, [512], { seed: 2, backend })).item());
`;

test.each(["", "backend.dispose();"])("a process ends by itself (%s)", (last) => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--conditions=@surprisal/source", "--input-type=module", "--eval", PROGRAM + last],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), encoding: "utf8", timeout: 20_000 },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(Number(stdout)).toBeCloseTo(7.4, 0);
});
