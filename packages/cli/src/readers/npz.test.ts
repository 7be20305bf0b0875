import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBytes, type ReadArray, type ReadOptions } from "../testing/arrays.ts";
import { fixture } from "../testing/io.ts";
import { npyBytes } from "../testing/npy.ts";
import { zipBytes, type ZipParts } from "../testing/zip.ts";
import { memoryBytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

const DATA = npyBytes({ shape: "(3, 2)", data: Float32Array.of(1, 2, 3, 4, 5, 6) });
const MEMBER: ZipParts = { name: "x.npy", data: DATA };

async function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<ReadArray> {
  return readBytes(memoryBytes(bytes, "a.npz"), { format: "npz", ...options });
}

describe("archives that are read", () => {
  it.each<[string, Partial<ZipParts>]>([
    ["stored", {}],
    ["deflated", { deflate: true }],
    ["zip64", { zip64: true }],
    ["zip64, deflated", { zip64: true, deflate: true }],
  ])("%s", async (_what, parts) => {
    const array = await read(zipBytes([{ ...MEMBER, ...parts }]));
    expect(array).toEqual({
      name: "a.npz, member x.npy",
      dtype: "f32",
      shape: [3, 2],
      text: false,
      values: [1, 2, 3, 4, 5, 6],
    });
  });

  it("one of several members, a comment behind them", async () => {
    const other = { name: "y.npy", data: npyBytes({ descr: "|u1", shape: "(1,)", data: Uint8Array.of(9) }) };
    const bytes = zipBytes(
      [MEMBER, { name: "readme.txt", data: new Uint8Array(3) }, other],
      "PK\u0005\u0006 is no end here",
    );
    expect((await read(bytes, { wish: "y" })).values).toEqual([9]);
    expect((await read(bytes, { wish: "x" })).values).toHaveLength(6);
  });

  it("an array larger than a chunk", async () => {
    const data = npyBytes({
      descr: "<i4",
      shape: "(200000,)",
      data: Int32Array.from({ length: 200_000 }, (_, i) => i),
    });
    const { values } = await read(zipBytes([{ name: "x.npy", data, deflate: true }]), { part: 77_777 });
    expect(values.every((value, i) => value === i)).toBe(true);
  });
});

describe("archives that are refused", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(), /a zip archive ends with its directory; there is none/],
    ["no end", zipBytes([MEMBER]).subarray(0, -1), /truncated: a zip archive ends with its directory/],
    ["no array", zipBytes([{ name: "x.txt", data: DATA }]), /an array required; it has none that can be read/],
    ["an empty archive", zipBytes([]), /an array required/],
    [
      "a password",
      zipBytes([{ ...MEMBER, says: { flags: 1 } }]),
      /member x\.npy: a member without a password required/,
    ],
    [
      "another method",
      zipBytes([{ ...MEMBER, says: { method: 12 } }]),
      /zip method 0 \(stored\) or 8 \(deflate\) required; got 12/,
    ],
    [
      "a checksum that is wrong",
      zipBytes([{ ...MEMBER, says: { crc32: 1 } }]),
      /corrupt: its checksum is \d+; 1 required/,
    ],
    ["the same, deflated", zipBytes([{ ...MEMBER, deflate: true, says: { crc32: 1 } }]), /corrupt: its checksum/],
    ["a stored size that is wrong", zipBytes([{ ...MEMBER, says: { bytes: 7 } }]), /a stored member has one size/],
    [
      "a size that is too large",
      zipBytes([{ ...MEMBER, deflate: true, says: { bytes: 200 } }]),
      /longer than its header says: .* found 72/,
    ],
    [
      "a size that is too small",
      zipBytes([{ ...MEMBER, deflate: true, says: { bytes: 130 } }]),
      /longer than the 130 bytes that the directory says/,
    ],
    [
      "a bomb",
      zipBytes([{ ...MEMBER, deflate: true, says: { bytes: 2 ** 31 } }]),
      /bytes of deflate cannot unpack to 2147483648/,
    ],
    [
      "deflate that is none",
      zipBytes([{ name: "x.npy", data: new Uint8Array(99).fill(255), says: { method: 8 } }]),
      /member x\.npy: corrupt: Error: /,
    ],
    [
      "a bad array inside",
      zipBytes([{ name: "x.npy", data: Buffer.from("no array at all") }]),
      /member x\.npy: a \.npy file starts with/,
    ],
  ])("%s", async (_what, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(FormatError);
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it("a directory that says more members than it has room for, before memory is taken", async () => {
    const bytes = zipBytes([MEMBER]);
    bytes.writeUInt16LE(60_000, bytes.length - 12);
    await expect(read(bytes)).rejects.toThrow(/the zip directory of 51 bytes cannot have 60000 members/);
    bytes.writeUInt32LE(2 ** 31, bytes.length - 10);
    await expect(read(bytes)).rejects.toThrow(/the zip directory ends at byte/);
  });

  it("mutated archives give an array or a FormatError", async () => {
    const originals = ["predictions.npz", "predictions-deflated.npz"].map((name) => readFileSync(fixture(name)));
    const edit = fc.record({ at: fc.nat(), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        async (original, edits) => {
          const bytes = Buffer.from(original);
          for (const { at, to } of edits) bytes[at % bytes.length] = to;
          const error: unknown = await read(bytes, { wish: "logits" }).catch((thrown: unknown) => thrown);
          expect(error instanceof Error ? error.name : "array").toMatch(/^(FormatError|array)$/);
        },
      ),
      { numRuns: 1000, seed: 3 },
    );
  });
});
