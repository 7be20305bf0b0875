import { expect, it } from "vitest";
import type { ArrayReader } from "../readers/array-reader.ts";
import { newElements } from "../readers/elements.ts";
import { arraysOfTable, type Table } from "../readers/table.ts";
import { inRange } from "./row-range.ts";

/** A table of two columns that says how many of its rows one column has read and the other has not. */
function table(rows: number, batch: number): { readonly table: Table; given: number } {
  const state = { given: 0 };
  const columns = [
    { label: "x", dtype: "f64", shape: [undefined, 2] },
    { label: "y", dtype: "f64", shape: [undefined] },
  ] as const;
  return Object.assign(state, {
    table: {
      name: "t",
      columns,
      text: true,
      next() {
        const from = state.given;
        const count = Math.min(batch, rows - from);
        if (count === 0) return Promise.resolve(undefined);
        state.given += count;
        const x = Float64Array.from({ length: 2 * count }, (_, i) => 2 * from + i);
        const y = Float64Array.from({ length: count }, (_, i) => from + i);
        return Promise.resolve({ rows: count, columns: [x, y] });
      },
      close() {},
    } satisfies Table,
  });
}

it("skips the columns of a table by turns, so that what waits for another is never more than a step", async () => {
  const rows = 400_000;
  const source = table(rows, 1000);
  const readers = arraysOfTable(source.table);
  let apart = 0;
  const seen = [0, 0];
  const watched = readers.map((reader, column): ArrayReader => ({
    ...reader,
    async read(into) {
      const count = await reader.read(into);
      seen[column] = (seen[column] ?? 0) + count / (column === 0 ? 2 : 1);
      apart = Math.max(apart, Math.abs((seen[0] ?? 0) - (seen[1] ?? 0)));
      return count;
    },
  }));
  const [logits, targets] = watched;
  if (logits === undefined || targets === undefined) throw new TypeError("two readers");
  const geometry = { kind: "indices", outer: rows, classes: 2, inner: 1, classDim: 1 } as const;
  const inputs = { logits, targets, rowWeight: undefined, weight: undefined, geometry, close() {} };
  const part = inRange(inputs, { from: 399_998, to: rows });
  const [x, y] = [newElements("f64", 10), newElements("f64", 10)];
  expect(await part.targets.read(y)).toBe(2);
  expect(await part.logits.read(x)).toBe(4);
  expect([...y.subarray(0, 2), ...x.subarray(0, 4)]).toEqual([399_998, 399_999, 799_996, 799_997, 799_998, 799_999]);
  expect(apart).toBeLessThanOrEqual(2 ** 17);
  expect(await part.logits.read(x)).toBe(0);
});
