import { expect, test } from "vitest";
import { checkPage, type PageAnswer } from "./demo.ts";

const DEMO = [0.5, 1.5, 0.4, 0.5, 0.6, 1.25];
const GOOD = { losses: DEMO.map((loss) => loss + 1e-7), gradientsOff: [1e-8, 1e-14] };
const page = (changes: PageAnswer = {}): PageAnswer => ({ cpu: GOOD, wasm: GOOD, gpu: GOOD, ...changes });

test("a page with the demo's numbers on every backend passes", () => {
  expect(checkPage(page(), DEMO)).toBe("0.5000 and 1.2500 as in the demo, on cpu, wasm, gpu");
});

test.each([
  ["another loss", page({ wasm: { ...GOOD, losses: DEMO.with(5, 1.251) } }), "losses on wasm are"],
  ["a loss that is NaN", page({ gpu: { ...GOOD, losses: DEMO.with(3, NaN) } }), "losses on gpu are"],
  ["a loss too few", page({ cpu: { ...GOOD, losses: DEMO.slice(1) } }), "losses on cpu are"],
  ["another gradient", page({ gpu: { ...GOOD, gradientsOff: [1e-8, 1e-9] } }), "gradients on gpu are off"],
  ["no gradients", page({ gpu: { ...GOOD, gradientsOff: [] } }), "gradients on gpu are off"],
])("one with %s does not", (_name, answer, message) => {
  expect(() => checkPage(answer, DEMO)).toThrow(message);
});

test("one without a backend does not", () => {
  expect(() => checkPage({ cpu: GOOD, wasm: GOOD }, DEMO)).toThrow("losses on gpu are");
});
