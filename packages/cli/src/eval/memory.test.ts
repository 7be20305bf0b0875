import { openSync, closeSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { npyBytes, temporary } from "../testing/npy.ts";
import { openInputs } from "./inputs.ts";
import { blocksOf } from "./blocks.ts";

const [ROWS, CLASSES] = [16_384, 1000];
const BLOCK_BYTES = 2 ** 20;

/** 64 MB of logits, which no array of this process ever holds. */
function largeFile(): string {
  const path = join(tmpdir(), `surprisal-memory-${process.pid}.npy`);
  const file = openSync(path, "w");
  const header = npyBytes({ shape: `(${ROWS}, ${CLASSES})` });
  const block = new Float32Array(1024 * CLASSES).fill(1);
  writeSync(file, header);
  for (let row = 0; row < ROWS; row += 1024) writeSync(file, block);
  closeSync(file);
  return path;
}

it("reads any file in the memory of two blocks", async () => {
  const logits = largeFile();
  const targets = temporary(npyBytes({ descr: "|u1", shape: `(${ROWS},)`, data: new Uint8Array(ROWS) }));
  const inputs = await openInputs(
    { logits, targets, weight: undefined, rowWeight: undefined },
    { reduction: "mean", backend: "cpu" },
  );
  try {
    const before = process.memoryUsage().arrayBuffers;
    let [most, rows, sum] = [0, 0, 0];
    for await (const block of blocksOf(inputs, BLOCK_BYTES)) {
      rows += block.rows;
      sum += Number(block.logits[0]);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect({ rows, sum }).toEqual({ rows: ROWS, sum: Math.ceil(ROWS / Math.floor(BLOCK_BYTES / 4 / CLASSES)) });
    expect(most).toBeLessThan(2 * BLOCK_BYTES + 2 ** 20);
  } finally {
    inputs.close();
    rmSync(logits);
  }
});
