import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal } from "./decimal.ts";

function parse(text: string): number | undefined {
  const bytes = Buffer.from(`,${text},`);
  return parseDecimal(bytes, 1, bytes.length - 1);
}

describe("decimal numbers", () => {
  it.each([
    "0",
    "-0",
    "1",
    "+1",
    "-1.5",
    ".5",
    "5.",
    "1e3",
    "1E-3",
    "1e+03",
    "00012.500",
    "123456789012345678",
    "9007199254740993",
  ])("%s", (text) => {
    expect(parse(text)).toBe(Number(text));
  });

  it.each([
    ["nan", NaN],
    ["NaN", NaN],
    ["inf", Infinity],
    ["-inf", -Infinity],
    ["+Infinity", Infinity],
    ["1e999", Infinity],
    ["-1e999", -Infinity],
    ["1e-999", 0],
    ["1e99999999999", Infinity],
  ])("%s", (text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each([
    "",
    " ",
    "-",
    ".",
    "e5",
    "1e",
    "1e+",
    "1.2.3",
    "0x10",
    "1_000",
    "1,5",
    "12a",
    "infinit",
    "none",
    "constructor",
    "--1",
  ])("%j is none", (text) => {
    expect(parse(text)).toBeUndefined();
  });

  it("every double comes back from its shortest form, and from longer ones", () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(double, fc.integer({ min: 1, max: 21 }), (value, digits) => {
        expect(parse(String(value))).toBe(value + 0); // String(-0) is 0
        const longer = value.toPrecision(digits);
        expect(parse(longer)).toBe(Number(longer));
      }),
      { numRuns: 20_000, seed: 5 },
    );
  });

  it("any digits, point and exponent are rounded as Number rounds them", () => {
    const digits = fc.stringMatching(/^[0-9]{1,18}$/);
    fc.assert(
      fc.property(
        digits,
        fc.stringMatching(/^[0-9]{0,18}$/),
        fc.integer({ min: -330, max: 330 }),
        (whole, part, exponent) => {
          const text = `${whole}.${part}e${exponent}`;
          expect(parse(text)).toBe(Number(text));
        },
      ),
      { numRuns: 20_000, seed: 6 },
    );
  });
});
