import { type Backend, crossEntropy, softmax, type Tensor, tensor } from "@surprisal/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataFault, DeviceFault, SLOTS, together } from "./faults.ts";
import { noMemory } from "./failures.ts";
import { gpu } from "./gpu.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await gpu();
});
afterAll(() => backend.dispose());

function lossOf(target: number, classes: number): Tensor {
  const logits = tensor([new Array<number>(classes).fill(0)], { backend });
  return crossEntropy(logits, tensor([target], [1], { dtype: "i64", backend }));
}

describe("runs that nobody reads for longer than there are slots", () => {
  test("each keep what was wrong with them, and tell it of nobody else", async () => {
    const [good, bad] = [lossOf(1, 3), lossOf(5, 3)];
    for (let i = 0; i < SLOTS - 2; i++) lossOf(0, 4).dispose();
    const [late, later] = [lossOf(9, 4), lossOf(2, 4)]; // in the slots of the first two
    await expect(late.item()).rejects.toMatchObject({ details: { target: 9, classes: 4 } });
    await expect(bad.item()).rejects.toMatchObject({ details: { target: 5, classes: 3 } });
    expect(await good.item()).toBeCloseTo(Math.log(3), 6);
    expect(await later.item()).toBeCloseTo(Math.log(4), 6);
  });

  test("also where one comes out of the other", async () => {
    const logits = tensor([[1, 2, 3]], { backend });
    const bad = crossEntropy(logits, tensor([3], [1], { dtype: "i64", backend }), { reduction: "none" });
    let chain: Tensor = bad;
    for (let i = 0; i < 100; i++) chain = softmax(chain, { dim: 0 });
    for (let i = 0; i < SLOTS; i++) lossOf(0, 4).dispose();
    await expect(chain.data()).rejects.toMatchObject({ code: "target-range", details: { target: 3 } });
    await expect(chain.data()).rejects.toMatchObject({ code: "target-range" }); // and again
  });
});

test("reads at the same time tell the same", async () => {
  const loss = lossOf(3, 3);
  const results = await Promise.allSettled([loss.item(), loss.item(), lossOf(0, 3).item()]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
});

describe("together()", () => {
  const plan = {} as never;
  const many = (): DataFault[] => Array.from({ length: 40 }, (_, i) => new DataFault(i, plan));

  test("takes each once, and keeps lists short", () => {
    const [a, b] = many() as [DataFault, DataFault];
    expect(together([a, b], [b, a])).toEqual([a, b]);
    expect(together(many())).toHaveLength(1);
  });

  test("is open while a part is, fine when all are, and as bad as the first bad one", async () => {
    const parts = many();
    const [one] = together(parts);
    expect(one?.state).toBe("open");
    for (const part of parts.slice(1)) part.state = "fine";
    expect(one?.state).toBe("open");
    const error = noMemory(8, "none left");
    const [bad] = together([...many(), new DeviceFault(Promise.resolve(error))]);
    await bad?.settled;
    expect(bad?.state).toBe(error);
    for (const part of parts) part.state = "fine";
    expect(one?.state).toBe("fine");
  });

  test("waits for what a part learns only later", async () => {
    const parts = many();
    const [one] = together(parts);
    const error = noMemory(8, "none left");
    let learn = (): void => undefined;
    const learned = new Promise<void>((resolve) => (learn = resolve));
    for (const part of parts) {
      part.settled = learned.then(() => void (part.state = part.slot === 7 ? error : "fine"));
    }
    let waited = false;
    const settled = one?.settled?.then(() => (waited = true));
    await new Promise((resolve) => setTimeout(resolve));
    expect(waited).toBe(false);
    learn();
    await settled;
    expect(one?.state).toBe(error);
  });
});
