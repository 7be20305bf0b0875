import { expect, test } from "vitest";
import { scoped } from "./scopes.ts";

/** A device with errors to tell, the innermost scope's first. */
function device(...told: (null | string | Error)[]): { device: GPUDevice; open: () => number } {
  let open = 0;
  const fake = {
    pushErrorScope: () => void open++,
    async popErrorScope() {
      open--;
      const error = told.shift() ?? null;
      if (error instanceof Error) throw error;
      return Promise.resolve(error === null ? null : { message: error });
    },
  };
  return { device: fake as unknown as GPUDevice, open: () => open };
}

const error = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string });

test.each([
  ["nothing", [], undefined, "fine"],
  [
    "an invalid command",
    ["no such binding"],
    undefined,
    error("backend-refused", /refuses a kernel: no such binding$/u),
  ],
  ["an invalid buffer", ["too large"], 64, error("memory", /64 bytes .*: too large$/u)],
  ["no memory", [null, "none left\n at Driver.cpp"], 64, error("memory", /64 bytes .*: none left$/u)],
  ["no memory, and what follows from it", ["invalid", "none left"], undefined, error("memory", /working memory/u)],
  ["a device that is gone", [new Error("gone")], undefined, error("backend-lost", /gone/u)],
] as const)("%s", async (_, told, bytes, expected) => {
  const { device: one, open } = device(...told);
  const { result, fault } = scoped(one, bytes, () => open());
  expect([result, open(), fault.state]).toEqual([2, 0, "open"]);
  await fault.settled;
  expect(fault.state).toEqual(expected);
});

test("scopes are closed when commands throw", () => {
  const { device: one, open } = device();
  const commands = (): never => {
    throw new TypeError("a mistake");
  };
  expect(() => scoped(one, undefined, commands)).toThrow("a mistake");
  expect(open()).toBe(0);
});
