import { describe, expect, test } from "vitest";
import { settingsOf, type WasmOptions } from "./options.ts";

describe("options", () => {
  test("may all be left out", () => {
    expect(settingsOf({})).toEqual({
      threads: undefined,
      simd: "auto",
      f64UpTo: 512,
      chunk: 32_768,
      kernels: undefined,
      worker: undefined,
    });
  });

  test("deterministic takes no relaxed instruction", () => {
    expect(settingsOf({ deterministic: true }).simd).toBe("simd");
    expect(settingsOf({ deterministic: true, simd: "auto" }).simd).toBe("simd");
    expect(settingsOf({ deterministic: false }).simd).toBe("auto");
  });

  test.each([
    [{ thread: 2 }, "option-unknown", 'unknown option "thread"; known: threads,'],
    [{ threads: 0 }, "option-value", "threads must be an integer in [1, 64]; got 0"],
    [{ threads: 65 }, "option-value", "threads must be an integer in [1, 64]; got 65"],
    [{ threads: 1.5 }, "option-value", "threads must be"],
    [{ threads: "2" }, "option-value", "threads must be"],
    [{ simd: "avx" }, "option-value", "simd must be one of auto, simd, relaxed; got avx"],
    [{ deterministic: 1 }, "option-value", "deterministic must be true or false; got 1"],
    [{ deterministic: true, simd: "relaxed" }, "option-value", 'simd must be "simd" or "auto" with deterministic'],
    [{ f64UpTo: -1 }, "option-value", "f64UpTo must be an integer ≥ 0; got -1"],
    [{ chunk: 63 }, "option-value", "chunk must be an integer in [64, 2^30]; got 63"],
    [{ kernels: 7 }, "option-value", "kernels must be a URL, or the file's bytes; got 7"],
    [{ worker: {} }, "option-value", "worker must be a function that makes a worker"],
    [7, "option-value", "options must be an object; got 7"],
    [null, "option-value", "options must be an object; got null"],
  ])("%j is refused", (options, code, message) => {
    const check = (): unknown => settingsOf(options as WasmOptions);
    expect(check).toThrow(expect.objectContaining({ name: "OptionError", code }));
    expect(check).toThrow(message);
  });
});
