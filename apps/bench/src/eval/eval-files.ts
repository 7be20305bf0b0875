import { createWriteStream, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parquet } from "./parquet.ts";
import { CLASSES, makeRows } from "./rows.ts";

/** Formats that are evaluated. */
export const EVAL_FORMATS = ["npy", "parquet", "safetensors", "csv"] as const;

/** One of them. */
export type EvalFormat = (typeof EVAL_FORMATS)[number];

/** Logits with their targets, on a disk. */
export interface EvalFiles {
  readonly format: EvalFormat;
  readonly shape: readonly [rows: number, classes: number];
  readonly paths: readonly string[];
  /** Of all files. */
  readonly bytes: number;
  /** What `surprisal eval` is told to read. */
  readonly cliArguments: readonly string[];
}

/** What to write, and where. */
export interface EvalFilesOptions {
  readonly format: EvalFormat;
  readonly rows: number;
  readonly folder: string;
  /** Begins the names of the files. */
  readonly name: string;
  /** Stops it. */
  readonly signal: AbortSignal;
}

/** Logits take so many bytes a row, at least about. */
export const ROW_BYTES: Readonly<Record<EvalFormat, number>> = {
  npy: 4 * CLASSES,
  parquet: 4 * CLASSES,
  safetensors: 4 * CLASSES,
  csv: 9.4 * CLASSES,
};

/** Digits after the point, as in what is printed of an f32. */
const CSV_DIGITS = 6;

/** Writes a file, or two, block by block, down to the disk: what is not yet there cannot be thrown out of the cache. */
export async function writeEvalFiles(options: EvalFilesOptions): Promise<EvalFiles> {
  const { format, rows, folder, name, signal } = options;
  const { contents, cliArguments } = WRITERS[format](rows);
  const paths: string[] = [];
  for (const [suffix, chunks] of Object.entries(contents)) {
    const path = join(folder, `${name}${suffix}.${format}`);
    await pipeline(chunks, createWriteStream(path, { flush: true }), { signal });
    paths.push(path);
  }
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  return { format, shape: [rows, CLASSES], paths, bytes, cliArguments: [...paths, ...cliArguments] };
}

interface Written {
  /** By what is appended to the name. */
  readonly contents: Readonly<Record<string, Iterable<Uint8Array>>>;
  readonly cliArguments: readonly string[];
}

const WRITERS: Readonly<Record<EvalFormat, (rows: number) => Written>> = {
  npy: (rows) => ({
    contents: {
      "-logits": npy("<f4", `(${rows}, ${CLASSES})`, logits(rows)),
      "-targets": npy("<i8", `(${rows},)`, targets(rows)),
    },
    cliArguments: [],
  }),
  parquet: (rows) => ({
    contents: { "": parquet(makeRows(rows), CLASSES) },
    cliArguments: ["--logits", "logits", "--target", "targets"],
  }),
  safetensors: (rows) => ({
    contents: { "": safetensors(rows) },
    cliArguments: ["--logits", "logits", "--target", "targets"],
  }),
  csv: (rows) => ({ contents: { "": csv(rows) }, cliArguments: ["--target", "target"] }),
};

/** As `numpy.save` writes it. */
function* npy(descr: string, shape: string, data: Iterable<Uint8Array>): Generator<Uint8Array> {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = `${dict.padEnd(Math.ceil((10 + dict.length + 1) / 64) * 64 - 11)}\n`;
  const prefix = Buffer.from("\u0093NUMPY\u0001\u0000\u0000\u0000", "latin1");
  prefix.writeUInt16LE(header.length, 8);
  yield Buffer.concat([prefix, Buffer.from(header, "latin1")]);
  yield* data;
}

function* safetensors(rows: number): Generator<Uint8Array> {
  const end = rows * ROW_BYTES.safetensors;
  const header = JSON.stringify({
    logits: { dtype: "F32", shape: [rows, CLASSES], data_offsets: [0, end] },
    targets: { dtype: "I64", shape: [rows], data_offsets: [end, end + 8 * rows] },
  });
  const text = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  yield Buffer.concat([length, text]);
  yield* logits(rows);
  yield* targets(rows);
}

function* csv(rows: number): Generator<Uint8Array> {
  const names = Array.from({ length: CLASSES }, (_, i) => `class_${i}`);
  yield Buffer.from(`${names.join(",")},target\n`);
  for (const block of makeRows(rows)) {
    const lines = Array.from(block.targets, (target, row) => {
      const numbers = Array.from(block.logits.subarray(row * CLASSES, (row + 1) * CLASSES), (x) =>
        x.toFixed(CSV_DIGITS),
      );
      return `${numbers.join(",")},${target}\n`;
    });
    yield Buffer.from(lines.join(""));
  }
}

function* logits(rows: number): Generator<Uint8Array> {
  for (const block of makeRows(rows)) yield new Uint8Array(block.logits.buffer);
}

function* targets(rows: number): Generator<Uint8Array> {
  for (const block of makeRows(rows)) yield new Uint8Array(block.targets.buffer);
}
