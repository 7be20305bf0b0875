import { readFileSync } from "node:fs";
import { memoryBytes } from "../readers/bytes.ts";
import { newElements } from "../readers/elements.ts";
import { arraysOf, type Format } from "../readers/formats.ts";
import { parseState } from "../state/parse.ts";

/** A reader to be fuzzed. */
export interface FuzzTarget {
  readonly name: string;
  /** A format of arrays, or what a shard leaves. */
  readonly format: Format | "state";
  /** The array, column or key that is read. */
  readonly wish: string | undefined;
  /** Files of the fixtures to begin with. */
  readonly seeds: readonly string[];
  /** What the format is made of. */
  readonly words: readonly string[];
}

const JSON_WORDS = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "0",
  "-1",
  "1e9",
  "9007199254740993",
  "null",
  "true",
  "NaN",
  "-Infinity",
];

/** Every reader. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: "npy",
    format: "npy",
    wish: undefined,
    seeds: [
      "logits-f4.npy",
      "logits-f4-v2.npy",
      "volume-fortran.npy",
      "targets-u8.npy",
      "targets-i1.npy",
      "targets-i4-big.npy",
      "targets-scalar.npy",
    ],
    words: [
      "'descr'",
      "'shape'",
      "'fortran_order'",
      "True",
      "False",
      "<f4",
      ">i8",
      "|u1",
      "(",
      ")",
      "(3,)",
      ",",
      "'",
      ":",
      "{",
      "}",
      "L",
      "99999999999",
    ],
  },
  {
    name: "npz",
    format: "npz",
    wish: "logits",
    seeds: ["predictions.npz", "predictions-deflated.npz"],
    words: [
      "PK\u0001\u0002",
      "PK\u0003\u0004",
      "PK\u0005\u0006",
      "PK\u0006\u0006",
      "PK\u0006\u0007",
      "logits.npy",
      "\u0000\u0000\u0000\u0000",
      "\u0001\u0000",
    ],
  },
  {
    name: "safetensors",
    format: "safetensors",
    wish: "logits",
    seeds: ["predictions.safetensors"],
    words: [
      ...JSON_WORDS,
      '"logits"',
      '"dtype"',
      '"shape"',
      '"data_offsets"',
      '"F32"',
      '"BF16"',
      '"I64"',
      '"__metadata__"',
    ],
  },
  {
    name: "csv",
    format: "csv",
    wish: undefined,
    seeds: ["scores.csv", "targets.csv"],
    words: [
      ",",
      "\n",
      "\r\n",
      '"',
      '""',
      "nan",
      "-inf",
      "1e-400",
      ".5",
      "123456789012345678",
      "\u00EF\u00BB\u00BF",
      " ",
    ],
  },
  {
    name: "jsonl",
    format: "jsonl",
    wish: "logits",
    seeds: ["predictions.jsonl", "masked.jsonl"],
    words: [...JSON_WORDS, "\n", '"logits"', '"constructor"', '"__proto__"'],
  },
  {
    name: "state",
    format: "state",
    wish: undefined,
    seeds: ["state.json"],
    words: [...JSON_WORDS, '"version"', '"sha256"', '"rows"', '"metrics"', '"classes"', '"1e308"'],
  },
  {
    name: "parquet",
    format: "parquet",
    wish: "logits",
    seeds: [
      "small-dictionary.parquet",
      "small-plain.parquet",
      "small-delta.parquet",
      "deltas-strings.parquet",
      "predictions.parquet",
      "predictions-lz4.parquet",
      "polars-lz4.parquet",
      "small-lz4-hadoop.parquet",
    ],
    words: ["PAR1", "\u0015\u0000", "\u00FF\u00FF\u00FF\u00FF\u000F", "\u00FE\u00FF\u00FF\u00FF\u000F", "\u0019\u00FC"],
  },
  {
    name: "arrow",
    format: "arrow",
    wish: "logits",
    seeds: ["predictions.arrow", "predictions.arrows", "polars-lz4.arrow"],
    words: ["ARROW1", "\u00FF\u00FF\u00FF\u00FF", "logits", "\u0000\u0000\u0000\u0000", "\u0001\u0000\u0000\u0000"],
  },
];

/** A file of the fixtures. */
export function seedBytes(name: string): Uint8Array {
  return readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
}

/** Elements that are read at most. */
const MOST_ELEMENTS = 2 ** 20;

/** Reads an input to its end, as `surprisal eval` would. @throws whatever the reader throws */
export async function readInput({ name, format, wish }: FuzzTarget, input: Uint8Array): Promise<void> {
  if (format === "state") {
    parseState(input, `fuzz.${name}`);
    return;
  }
  const bytes = memoryBytes(input, `fuzz.${name}`);
  const [reader] = await arraysOf(bytes, { file: bytes.name, wishes: [{ name: wish, option: "--logits" }], format });
  if (reader === undefined) return;
  try {
    const part = newElements(reader.dtype, 256);
    for (let count = 1, all = 0; count > 0 && all < MOST_ELEMENTS; all += count) count = await reader.read(part);
  } finally {
    reader.close();
  }
}
