import { closeSync, openSync, readSync } from "node:fs";
import process from "node:process";

// `node read-files.ts BLOCK_BYTES FILE…`: reads files to their ends, a block at a time into the same memory, looks at
// nothing, and prints how many bytes there were. What can be read is never read faster by Node.

const [blockBytes, ...paths] = process.argv.slice(2);
const block = new Uint8Array(Number(blockBytes));
let bytes = 0;
for (const path of paths) {
  const file = openSync(path, "r");
  for (let count = -1; count !== 0; bytes += count) count = readSync(file, block);
  closeSync(file);
}
process.stdout.write(`${JSON.stringify({ bytes })}\n`);
