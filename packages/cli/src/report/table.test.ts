import { stripVTControlCharacters, styleText } from "node:util";
import { expect, it } from "vitest";
import { table } from "./table.ts";

it("aligns columns, and leaves no space at line ends", () => {
  const text = table(
    [
      ["mean", "0.4878"],
      ["none", "10.4375\n0.5"],
    ],
    { head: ["how", "loss"], align: ["left", "right"], indent: 2 },
  );
  expect(text).toBe("  how       loss\n  mean    0.4878\n  none   10.4375\n             0.5\n");
});

it("gives colours no width", () => {
  const paint = (text: string): string => styleText("red", text, { validateStream: false });
  const rows = (cell: string): string[][] => [
    [cell, "x"],
    ["a longer one", "y"],
  ];
  expect(stripVTControlCharacters(table(rows(paint("one"))))).toBe(table(rows("one")));
});
