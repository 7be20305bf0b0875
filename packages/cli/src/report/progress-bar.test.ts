import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { Captured } from "../testing/io.ts";
import { rowProgress } from "./progress-bar.ts";

/** What a terminal of 100 columns is sent. */
class Terminal extends Captured {
  readonly isTTY = true;
  readonly columns = 100;
}

describe("progress", () => {
  it("is a bar with rows, rate and time left on a terminal, and gone at the end", () => {
    const terminal = new Terminal();
    const progress = rowProgress(terminal, 1_000_000);
    progress.update(250_000);
    progress.stop();
    expect(stripVTControlCharacters(terminal.text)).toMatch(/░ 25 % of 1,000,000 rows, [\d,]+ rows\/s, \S+ left/);
    expect(terminal.text).toContain("\u001B[?25h"); // the cursor is back
  });

  it("counts rows where nobody knows how many there are", () => {
    const terminal = new Terminal();
    const progress = rowProgress(terminal, undefined);
    progress.update(1234);
    progress.stop();
    expect(stripVTControlCharacters(terminal.text)).toMatch(/1,234 rows, [\d,]+ rows\/s/);
  });

  it("is nothing in a file or a pipe", () => {
    const file = new Captured();
    const progress = rowProgress(file, 10);
    progress.update(5);
    progress.stop();
    expect(file.text).toBe("");
  });
});
