import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const CALL = `
import { softmax, tensor } from "@surprisal/core";
import { gpu } from "@surprisal/gpu";
const backend = await gpu();
console.log((await softmax(tensor([0, 0], { backend })).data()).join());
`;

async function run(script: string): Promise<string> {
  const args = ["--conditions=@surprisal/source", "--input-type=module", "--eval", script];
  const cwd = new URL(".", import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 30_000 });
  return stdout.trim();
}

test("a process ends by itself, with dispose() or without", async () => {
  expect(await run(`${CALL}backend.dispose();`)).toBe("0.5,0.5");
  expect(await run(CALL)).toBe("0.5,0.5");
});

test("a process survives the collection of everything that nobody holds", async () => {
  const collected = `
    import { setFlagsFromString } from "node:v8";
    import { runInNewContext } from "node:vm";
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc");
    ${CALL}
    for (let i = 0; i < 50; i++) { softmax(tensor([i, 0], { backend })); collect(); }
    console.log((await softmax(tensor([0, 0], { backend })).data()).join());
  `;
  expect(await run(collected)).toBe("0.5,0.5\n0.5,0.5");
});

describe("what there is not is told, and what to do about it", () => {
  const told = `.catch(({ code, message }) => console.log(code, message));`;

  test("no WebGPU at all", async () => {
    const script = `
      import { registerHooks } from "node:module";
      registerHooks({
        resolve(name, context, next) {
          if (name === "webgpu") throw new Error("not installed");
          return next(name, context);
        },
      });
      const { gpu } = await import("@surprisal/gpu");
      await gpu()${told}
    `;
    expect(await run(script)).toMatch(/^backend-unavailable no WebGPU: .*install the package webgpu$/u);
  });

  test("no adapter", async () => {
    const script = `
      import { gpu } from "@surprisal/gpu";
      const none = { gpu: { requestAdapter: () => Promise.resolve(null) } };
      Object.defineProperty(globalThis, "navigator", { value: none });
      await gpu()${told}
    `;
    expect(await run(script)).toMatch(
      /^backend-unavailable no adapter: .*install its driver, or take another backend$/u,
    );
  });

  test("no device", async () => {
    const script = `
      import { gpu } from "@surprisal/gpu";
      const adapter = { limits: {}, features: new Set(), requestDevice: () => Promise.reject(new Error("consumed")) };
      await gpu({ adapter })${told}
    `;
    expect(await run(script)).toBe("backend-unavailable no device: Error: consumed");
  });
});
