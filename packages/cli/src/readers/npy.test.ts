import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { readFile } from "../testing/arrays.ts";
import { fixture } from "../testing/io.ts";
import { npyBytes, temporary } from "../testing/npy.ts";
import { FormatError } from "./format-error.ts";

const expected = JSON.parse(readFileSync(fixture("expected.json"), "utf8")) as {
  readonly values: { readonly "logits-f2": readonly number[]; readonly "logits-f8": readonly number[] };
};

describe("files made by NumPy", () => {
  it.each([
    ["logits-f4.npy", "f32", [5, 3]],
    ["logits-f4-v2.npy", "f32", [5, 3]],
    ["logits-f4-v3.npy", "f32", [5, 3]],
    ["logits-f2.npy", "f16", [5, 3]],
    ["logits-f8-fortran.npy", "f64", [5, 3]],
    ["targets-scalar.npy", "i64", []],
    ["targets-bool.npy", "bool", [5]],
    ["targets-u8.npy", "i64", [5]],
    ["empty-logits.npy", "f32", [0, 3]],
  ])("%s", async (name, dtype, shape) => {
    expect(await readFile(fixture(name))).toMatchObject({ name: fixture(name), dtype, shape, text: false });
  });

  it("elements in row-major order, whatever their order in the file", async () => {
    for (const name of ["logits-f8", "logits-f8-fortran", "logits-f8-big"]) {
      const { values } = await readFile(fixture(`${name}.npy`), { part: 2 });
      expect(values).toEqual(expected.values["logits-f8"]);
    }
    const [c, fortran] = [
      await readFile(fixture("volume.npy")),
      await readFile(fixture("volume-fortran.npy"), { part: 5 }),
    ];
    expect(fortran.values).toEqual(c.values);
  });

  it.each(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "i4-big"])("integers of type %s", async (type) => {
    expect((await readFile(fixture(`targets-${type}.npy`))).values).toEqual([0, 2, 1, 1, 0]);
  });

  it("an integer that is too large", async () => {
    const message = /targets-too-large\.npy: values of u8 must be below 2\^63; element 1 is 9223372036854775808$/;
    await expect(readFile(fixture("targets-too-large.npy"))).rejects.toThrow(message);
  });
});

describe("files that cannot be read", () => {
  it("a missing one", async () => {
    await expect(readFile("missing.npy")).rejects.toThrow("missing.npy: no such file or directory");
    await expect(readFile("missing.npy")).rejects.toThrow(FormatError);
  });

  it("a directory", async () => {
    await expect(readFile(tmpdir())).rejects.toThrow("a regular file required; this is a directory");
  });

  it("a truncated one, with both sizes", async () => {
    const bytes = npyBytes({ shape: "(3, 2)", data: new Float32Array(6) });
    await expect(readFile(temporary(bytes))).resolves.toMatchObject({ shape: [3, 2] });
    await expect(readFile(temporary(bytes.subarray(0, -1)))).rejects.toThrow(/needs 24 bytes .* found 23/);
  });

  it("one that promises more than the file has, before memory is taken", async () => {
    const bytes = npyBytes({ shape: "(1000000000000,)", data: new Float32Array(1) });
    await expect(readFile(temporary(bytes))).rejects.toThrow(/needs 4000000000000 bytes after the header; found 4/);
  });

  it("says the file and the field as data too", async () => {
    const file = temporary(npyBytes({ descr: "|O" }));
    await expect(readFile(file)).rejects.toMatchObject({ name: "FormatError", file, field: "descr" });
  });
});
