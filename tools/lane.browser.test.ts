import { expect, test } from "vitest";

// What the browser lane promises to the tests in it.

test("runs in Chromium", () => {
  expect(navigator.userAgent).toMatch(/Chrome\/\d+/);
});

test("is cross-origin isolated, so that there is shared memory", () => {
  expect(crossOriginIsolated).toBe(true);
  expect(new SharedArrayBuffer(8).byteLength).toBe(8);
});

test("has a WebGPU adapter", async () => {
  expect("gpu" in navigator).toBe(true);
  const { gpu } = navigator as unknown as { gpu: { requestAdapter(): Promise<object | null> } };
  expect(await gpu.requestAdapter()).not.toBe(null);
});
