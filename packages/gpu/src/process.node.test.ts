import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

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

test("without an adapter it is told what is missing", async () => {
  const script = `
    import { gpu } from "@surprisal/gpu";
    const adapter = { limits: {}, requestDevice: () => Promise.reject(new Error("consumed")) };
    await gpu({ adapter }).catch(({ code, message }) => console.log(code, message));
  `;
  expect(await run(script)).toBe("backend-unavailable no device: Error: consumed");
});
