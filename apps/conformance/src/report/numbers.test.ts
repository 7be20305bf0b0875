import { describe, expect, it } from "vitest";
import { counted, decimal, duration, minute, offBy } from "./numbers.ts";

describe("numbers", () => {
  it("writes errors shortly, and never a small one as zero", () => {
    const values = [0, 1e-9, 0.94, 17.23, 8192, 1.3e9, Infinity, NaN];
    expect(values.map(decimal)).toEqual(["0", "<0.01", "0.94", "17.2", "8,192", "1.3e+9", "∞", "NaN"]);
  });

  it("counts", () => {
    expect([counted(0, "case"), counted(1, "case"), counted(3020, "case")]).toEqual([
      "0 cases",
      "1 case",
      "3,020 cases",
    ]);
  });

  it("writes times", () => {
    expect([0.423, 7.25, 125.9].map(duration)).toEqual(["0.42 s", "7.3 s", "2 min 5 s"]);
    expect(minute("2026-03-14T09:26:53.589Z")).toBe("2026-03-14 09:26 UTC");
    expect(minute("yesterday")).toBe("yesterday");
  });

  it("says how far a number is off, if it is one", () => {
    expect(offBy("12.375", "12.3335")).toBe("0.0415");
    expect(offBy("NaN", "1")).toBeUndefined();
    expect(offBy("-Infinity", "-Infinity")).toBeUndefined();
  });
});
