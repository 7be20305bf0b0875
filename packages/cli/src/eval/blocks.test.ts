import { describe, expect, it } from "vitest";
import { npyBytes, temporary } from "../testing/npy.ts";
import { type InputBlock, type Lend, blocksOf } from "./blocks.ts";
import { openInputs } from "./inputs.ts";
import type { EvalOptions } from "./options.ts";

const OPTIONS: EvalOptions = { reduction: "mean", backend: "cpu" };

/** Logits 0, 1, 2 … of a shape, and class indices that are row numbers. */
function files(shape: readonly number[], classDim: number, fortranOrder = false): { logits: string; targets: string } {
  const size = shape.reduce((product, each) => product * each, 1);
  const rowShape = shape.toSpliced(classDim, 1);
  const rows = size / (shape[classDim] ?? 1);
  const logits = npyBytes({
    shape: `(${shape.join(", ")},)`,
    data: Float32Array.from({ length: size }, (_, i) => i),
    fortranOrder,
  });
  const targets = npyBytes({
    descr: "<i4",
    shape: `(${rowShape.join(", ")},)`,
    data: Int32Array.from({ length: rows }, (_, i) => i),
  });
  return { logits: temporary(logits), targets: temporary(targets) };
}

interface Row {
  readonly number: number;
  readonly logits: readonly number[];
  readonly target: number;
}

/** The rows of blocks, which are overwritten as soon as the next but one is asked for. */
async function rowsOf(
  paths: { logits: string; targets: string },
  options: Partial<EvalOptions>,
  blockBytes: number,
  lend?: Lend,
): Promise<{ readonly rows: readonly Row[]; readonly shapes: readonly InputBlock["shape"][] }> {
  const inputs = await openInputs({ ...paths, weight: undefined, rowWeight: undefined }, { ...OPTIONS, ...options });
  const rows: Row[] = [];
  const shapes: InputBlock["shape"][] = [];
  try {
    for await (const { firstRow, rows: count, shape, logits, targets } of blocksOf(inputs, blockBytes, lend)) {
      shapes.push(shape);
      const [, classes, inner] = shape;
      for (let row = 0; row < count; row++) {
        const start = Math.floor(row / inner) * classes * inner + (row % inner);
        const own = Array.from({ length: classes }, (_, c) => Number(logits[start + c * inner]));
        rows.push({ number: firstRow + row, logits: own, target: Number(targets[row]) });
      }
    }
  } finally {
    inputs.close();
  }
  return { rows, shapes };
}

describe("rows are the same however they are cut", () => {
  it.each<[string, number[], number, number, number]>([
    ["rows side by side", [7, 3], 1, 24, 4],
    ["classes last of three axes", [2, 5, 3], 2, 36, 4],
    ["positions behind the classes, several together", [5, 3, 2], 1, 48, 3],
    ["one position of the outer axis a block", [4, 3, 2], 1, 24, 4],
    ["positions that do not fit together", [2, 3, 10], 1, 48, 6],
    ["classes first", [3, 7], 0, 24, 4],
    ["a block smaller than a row", [3, 5], 1, 4, 3],
  ])("%s", async (_what, shape, classDim, blockBytes, blocks) => {
    const paths = files(shape, classDim);
    const whole = await rowsOf(paths, { classDim }, 2 ** 20);
    const cut = await rowsOf(paths, { classDim }, blockBytes);
    expect(cut.rows).toEqual(whole.rows);
    expect(cut.shapes).toHaveLength(blocks);
    expect(whole.shapes).toHaveLength(1);
    expect(whole.rows.map(({ number }) => number)).toEqual(whole.rows.map((_, i) => i));
    expect(whole.rows.map(({ target }) => target)).toEqual(whole.rows.map((_, i) => i));
  });

  it("memory that is lent once the first block was worked through, for two blocks that take turns", async () => {
    const paths = files([11, 3], 1);
    const lengths: number[] = [];
    const lent = await rowsOf(paths, {}, 24, (length) => {
      lengths.push(length);
      return new Float32Array(new SharedArrayBuffer(4 * length));
    });
    expect(lent).toEqual(await rowsOf(paths, {}, 24));
    expect(lengths).toEqual([6, 6]);
  });

  it("a vector is one row", async () => {
    const logits = temporary(npyBytes({ shape: "(4,)", data: Float32Array.of(0, 1, 2, 3) }));
    const targets = temporary(npyBytes({ descr: "|u1", shape: "()", data: Uint8Array.of(2) }));
    expect((await rowsOf({ logits, targets }, {}, 8)).rows).toEqual([{ number: 0, logits: [0, 1, 2, 3], target: 2 }]);
  });
});

describe("what does not go together", () => {
  const csv = (text: string): string => temporary(Buffer.from(text), "x.csv");

  it.each([
    [
      "targets that end early",
      "1,2\n3,4\n",
      "0\n",
      /x\.csv: as many rows as the logits have required; it ends after 1$/,
    ],
    ["targets that go on", "1,2\n3,4\n", "0\n1\n0\n", /x\.csv: 2 rows required, as the logits have; it has more$/],
  ])("%s, where only the end tells", async (_what, logits, targets, message) => {
    for (const blockBytes of [16, 2 ** 20]) {
      await expect(rowsOf({ logits: csv(logits), targets: csv(targets) }, {}, blockBytes)).rejects.toThrow(message);
    }
  });

  it("classes of a pipe that lie too far apart", async () => {
    const shape = "(1, 3, 100000000)";
    const logits = temporary(npyBytes({ shape: "(1, 3, 4)", data: new Float32Array(12) }));
    const targets = temporary(npyBytes({ descr: "|u1", shape: "(1, 4)", data: new Uint8Array(4) }));
    const inputs = await openInputs({ logits, targets, weight: undefined, rowWeight: undefined }, OPTIONS);
    const geometry = { ...inputs.geometry, inner: 100_000_000 };
    const { readAt: _gone, ...piped } = inputs.logits;
    const blocks = blocksOf({ ...inputs, geometry, logits: piped }, 4096);
    await expect(blocks.next(), shape).rejects.toThrow(
      /the classes of a row lie 100000000 elements apart, in 1200000000 bytes/,
    );
    inputs.close();
  });
});
