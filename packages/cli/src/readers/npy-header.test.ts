import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { npyBytes, type NpyParts } from "../testing/npy.ts";
import { FormatError } from "./format-error.ts";
import { NPY_HEADER_LIMIT, NPY_PREFIX_BYTES, type NpyHeader, npyHeaderExtent, parseNpyHeader } from "./npy-header.ts";

function parse(bytes: Uint8Array): NpyHeader {
  const { start, end } = npyHeaderExtent(bytes.subarray(0, NPY_PREFIX_BYTES), bytes.length, "x.npy");
  const text = Buffer.from(bytes.subarray(start, end)).toString("latin1");
  return parseNpyHeader(text, bytes.length - end, "x.npy");
}

const SIX_FLOATS: NpyParts = { shape: "(3, 2)", data: new Float32Array(6) };

describe("headers that are read", () => {
  it.each([1, 2, 3])("version %i.0", (major) => {
    expect(parse(npyBytes({ ...SIX_FLOATS, major }))).toEqual({
      type: "f4",
      bigEndian: false,
      fortranOrder: false,
      shape: [3, 2],
      dataBytes: 24,
    });
  });

  it.each([
    ["()", []],
    ["(1,)", [1]],
    ["(1, 1, 1)", [1, 1, 1]],
    ["(1, 1,)", [1, 1]],
    ["(1L, 1L)", [1, 1]], // Python 2
  ])("shape %s", (shape, sizes) => {
    expect(parse(npyBytes({ shape, data: new Float32Array(1) })).shape).toEqual(sizes);
  });

  it("an empty array, however large its other sizes", () => {
    expect(parse(npyBytes({ shape: "(9007199254740991, 0, 9007199254740991)" })).dataBytes).toBe(0);
  });

  it("keys in any order, double quotes, no comma at the end", () => {
    const header = `{"shape": (2,), "fortran_order": True, "descr": ">i8"}\n`;
    const parsed = parse(npyBytes({ header, data: new BigInt64Array(2) }));
    expect(parsed).toEqual({ type: "i8", bigEndian: true, fortranOrder: true, shape: [2], dataBytes: 16 });
  });

  it("a header of the largest size", () => {
    const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }`;
    expect(parse(npyBytes({ major: 2, header: dict.padEnd(NPY_HEADER_LIMIT) })).shape).toEqual([0]);
  });
});

describe("headers that are refused", () => {
  const dict = (inner: string): NpyParts => ({ header: `{${inner}}\n` });
  const rest = "'fortran_order': False, 'shape': (0,)";

  it.each<[string, NpyParts, RegExp]>([
    ["version 1.1", { minor: 1 }, /version 1\.0, 2\.0 or 3\.0 required; got 1\.1/],
    ["version 4.0", { major: 4 }, /got 4\.0/],
    [
      "a header that is claimed too long",
      { major: 2, claims: NPY_HEADER_LIMIT + 1 },
      /at most 65536 bytes required; it claims 65537/,
    ],
    ["a header beyond the end", { claims: 1000 }, /the header ends at byte 1010; the file has only 128/],
    ["a header cut short", { claims: 40 }, /the header ends/],
    ["no dict", { header: "'descr'\n" }, /the header needs "\{"; got "'descr'"/],
    ["a missing key", dict("'descr': '<f4', 'shape': (0,)"), /the header lacks "fortran_order"/],
    ["a key that is not known", dict(`'descr': '<f4', ${rest}, 'x': 1`), /one of the keys .* got "'x'"/],
    ["a key twice", dict(`'descr': '<f4', 'descr': '<f4', ${rest}`), /"descr": each key once required/],
    ["text after the dict", { header: `{'descr': '<f4', ${rest}} 1\n` }, /the end of the header; got "1"/],
    ["an open quote", dict(`'descr: <f4, ${rest}`), /x\.npy: the header needs/],
    [
      "code instead of a dtype",
      dict(`'descr': open('x'), ${rest}`),
      /"descr": a dtype such as "<f4" required; got "o"/,
    ],
    ["a record", dict(`'descr': [('x', '<f4')], ${rest}`), /not a record of several/],
    [
      "an order that is no boolean",
      dict("'descr': '<f4', 'fortran_order': 0, 'shape': (0,)"),
      /True or False required; got "0"/,
    ],
    ["a shape that is a number", dict("'descr': '<f4', 'fortran_order': False, 'shape': (3)"), /a tuple/],
    ["a negative size", { shape: "(-1,)" }, /"shape": "\)" required; got "-"/],
    ["a fractional size", { shape: "(1.5,)" }, /header field "shape"/],
    ["a size beyond 2^53", { shape: "(9007199254740992,)" }, /sizes below 2\^53 required/],
    ["sizes whose product is beyond 2^53", { shape: "(94906267, 94906267)" }, /fewer than 2\^53 bytes/],
    [
      "65 dimensions",
      { shape: `(${"1, ".repeat(65)})`, data: new Float32Array(1) },
      /at most 64 dimensions required; got 65/,
    ],
    ["pickled objects", { descr: "|O" }, /"descr": numbers required; got "\|O", pickled Python objects/],
    ["bfloat16", { descr: "|V2" }, /save it as float32/],
    ["no byte order", { descr: "f4" }, /byte order, such as "<f4" or "<i8", required; got "f4"/],
    ["a byte order that does not apply", { descr: "|f4" }, /got "\|f4"/],
    ["a size that does not exist", { descr: "<f3" }, /got "<f3"/],
    ["a name of Object.prototype", { descr: "<constructor" }, /got "<constructor"/],
    [
      "too few elements",
      { ...SIX_FLOATS, shape: "(4, 2)" },
      /truncated: shape \(4, 2\) of f4 needs 32 bytes after the header; found 24/,
    ],
    [
      "too many elements",
      { ...SIX_FLOATS, shape: "(2, 2)" },
      /longer than its header says: .* needs 16 bytes .* found 24/,
    ],
  ])("%s", (_what, parts, message) => {
    expect(() => parse(npyBytes(parts))).toThrow(FormatError);
    expect(() => parse(npyBytes(parts))).toThrow(message);
  });

  it.each([
    ["an empty file", Buffer.alloc(0), /an empty file/],
    ["another format", Buffer.from("PK\u0003\u0004 a zip file"), /starts with \\x93NUMPY and its version; got "PK/],
    ["nothing but the magic", npyBytes().subarray(0, 6), /starts with/],
    ["no header length", npyBytes().subarray(0, 9), /10 bytes before the header required; got 9/],
  ])("%s", (_what, bytes, message) => {
    expect(() => parse(bytes)).toThrow(message);
  });
});

describe("arbitrary headers", () => {
  /** What parsing ends in: a header that is sound, or the one error that may be thrown. */
  function outcomeOf(bytes: Uint8Array): string {
    try {
      const { shape, dataBytes } = parse(bytes);
      const sound = shape.every((size) => Number.isSafeInteger(size) && size >= 0) && dataBytes <= bytes.length;
      return sound ? "sound" : `unsound: ${shape.join()}`;
    } catch (error) {
      return error instanceof FormatError ? "refused" : String(error);
    }
  }

  function expectOutcome(bytes: Uint8Array): void {
    expect(["sound", "refused"]).toContain(outcomeOf(bytes));
  }

  it("mutated files give a FormatError or a valid header", () => {
    const edit = fc.record({ at: fc.nat(200), remove: fc.nat(6), insert: fc.uint8Array({ maxLength: 6 }) });
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3), fc.array(edit, { minLength: 1, maxLength: 4 }), (major, edits) => {
        let bytes = npyBytes({ ...SIX_FLOATS, major });
        for (const { at, remove, insert } of edits) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
        }
        expectOutcome(bytes);
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  it("dicts of a header's own tokens give a FormatError or a valid header", () => {
    const words = [
      "{",
      "}",
      "(",
      ")",
      "[",
      ",",
      ":",
      "'descr'",
      "'shape'",
      "'fortran_order'",
      "'<f4'",
      "True",
      "False",
    ];
    const token = fc.oneof(fc.constantFrom(...words, "'", '"', "\\", " ", "\n", "-", "L"), fc.nat().map(String));
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => expectOutcome(npyBytes({ header: tokens.join("") }))),
      { numRuns: 5000, seed: 2 },
    );
  });

  it("takes time in proportion to the header", () => {
    const hostile = ["'".repeat(60_000), " ".repeat(60_000), `{'descr': ${"(".repeat(60_000)}`, "9".repeat(60_000)];
    const start = performance.now();
    for (const header of hostile) expectOutcome(npyBytes({ header }));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
