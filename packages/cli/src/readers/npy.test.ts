import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { fixture } from "../testing/io.ts";
import { npyBytes, temporary } from "../testing/npy.ts";
import { FormatError } from "./format-error.ts";
import { readNpy } from "./npy.ts";

const expected = JSON.parse(readFileSync(fixture("expected.json"), "utf8")) as {
  readonly values: { readonly "logits-f2": readonly number[]; readonly "logits-f8": readonly number[] };
};

describe("files made by NumPy", () => {
  it.each([
    ["logits-f4.npy", "f4", [5, 3], false],
    ["logits-f4-v2.npy", "f4", [5, 3], false],
    ["logits-f4-v3.npy", "f4", [5, 3], false],
    ["logits-f2.npy", "f2", [5, 3], false],
    ["logits-f8-fortran.npy", "f8", [5, 3], true],
    ["targets-scalar.npy", "i8", [], false],
    ["targets-bool.npy", "b1", [5], false],
    ["targets-u8.npy", "u8", [5], false],
    ["empty-logits.npy", "f4", [0, 3], false],
  ])("%s", async (name, type, shape, fortranOrder) => {
    expect(await readNpy(fixture(name))).toMatchObject({ file: fixture(name), type, shape, fortranOrder });
  });

  it("elements in their order in the file", async () => {
    const { data } = await readNpy(fixture("logits-f8.npy"));
    expect(Array.from(data, Number)).toEqual(expected.values["logits-f8"]);
    const fortran = Array.from((await readNpy(fixture("logits-f8-fortran.npy"))).data, Number);
    expect(fortran.slice(0, 5)).toEqual([0, 3, 6, 9, 12].map((i) => expected.values["logits-f8"][i]));
  });

  it("big-endian elements as ordinary numbers", async () => {
    expect((await readNpy(fixture("logits-f8-big.npy"))).data).toEqual((await readNpy(fixture("logits-f8.npy"))).data);
    expect(Array.from((await readNpy(fixture("targets-i4-big.npy"))).data, Number)).toEqual([0, 2, 1, 1, 0]);
  });

  it.each(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])("integers of type %s", async (type) => {
    const { data } = await readNpy(fixture(`targets-${type}.npy`));
    expect(Array.from(data, Number)).toEqual([0, 2, 1, 1, 0]);
  });
});

describe("files that cannot be read", () => {
  it("a missing one", async () => {
    await expect(readNpy("missing.npy")).rejects.toThrow("missing.npy: no such file or directory");
    await expect(readNpy("missing.npy")).rejects.toThrow(FormatError);
  });

  it("a directory", async () => {
    await expect(readNpy(tmpdir())).rejects.toThrow("a regular file required; this is a directory");
  });

  it("a truncated one, with both sizes", async () => {
    const bytes = npyBytes({ shape: "(3, 2)", data: new Float32Array(6) });
    await expect(readNpy(temporary(bytes))).resolves.toMatchObject({ shape: [3, 2] });
    await expect(readNpy(temporary(bytes.subarray(0, -1)))).rejects.toThrow(/needs 24 bytes .* found 23/);
  });

  it("one that promises more than the file has, before memory is taken", async () => {
    const bytes = npyBytes({ shape: "(1000000000000,)", data: new Float32Array(1) });
    await expect(readNpy(temporary(bytes))).rejects.toThrow(/needs 4000000000000 bytes after the header; found 4/);
  });

  it("says the file and the field as data too", async () => {
    const file = temporary(npyBytes({ descr: "|O" }));
    await expect(readNpy(file)).rejects.toMatchObject({ name: "FormatError", file, field: "descr" });
  });
});
