import * as fc from "fast-check";
import { ByteWriter, parquetWrite } from "hyparquet-writer";
import { compressSync } from "lz4-napi";
import { expect, it } from "vitest";
import { readBytes } from "../testing/arrays.ts";
import { memoryBytes } from "./bytes.ts";

// Tables of any kind that is read, written by another program.

type Options = Parameters<typeof parquetWrite>[0];
type Column = Options["columnData"][number];
type SchemaElement = NonNullable<Options["schema"]>[number];
type Encoding = Column["encoding"];

interface Kind {
  readonly type: "FLOAT" | "DOUBLE" | "INT32" | "INT64" | "BOOLEAN";
  readonly dtype: string;
  readonly value: fc.Arbitrary<number>;
  readonly encodings: readonly Encoding[];
}

const KINDS: readonly Kind[] = [
  {
    type: "FLOAT",
    dtype: "f32",
    value: fc.float({ noNaN: true }),
    encodings: ["PLAIN", "BYTE_STREAM_SPLIT", undefined],
  },
  {
    type: "DOUBLE",
    dtype: "f64",
    value: fc.double({ noNaN: true }),
    encodings: ["PLAIN", "BYTE_STREAM_SPLIT", undefined],
  },
  {
    type: "INT32",
    dtype: "i32",
    value: fc.integer(),
    encodings: ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT", undefined],
  },
  { type: "INT64", dtype: "i64", value: fc.maxSafeInteger(), encodings: ["PLAIN", "DELTA_BINARY_PACKED", undefined] },
  { type: "BOOLEAN", dtype: "bool", value: fc.nat(1), encodings: ["PLAIN", "RLE", undefined] },
];

const table = fc.record({
  kind: fc.constantFrom(...KINDS),
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
  rows: fc.integer({ min: 1, max: 40 }),
  required: fc.boolean(),
  codec: fc.constantFrom("UNCOMPRESSED" as const, "SNAPPY" as const, "LZ4_RAW" as const, "LZ4" as const),
  pageSize: fc.constantFrom(16, 100, 2 ** 20),
  rowGroupSize: fc.constantFrom(1, 7, 1000),
  /** Few different ones make dictionaries and long runs. */
  variety: fc.integer({ min: 1, max: 300 }),
  seed: fc.nat(),
});

/** A block of LZ4 behind its size, the lowest byte first. */
const lz4 = (bytes: Uint8Array): Buffer => compressSync(Buffer.from(bytes));
const compressors = {
  LZ4_RAW: (bytes: Uint8Array): Uint8Array => lz4(bytes).subarray(4),
  /** As Hadoop has it. */
  LZ4(bytes: Uint8Array): Uint8Array {
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32BE(bytes.length);
    sizes.writeUInt32BE(lz4(bytes).length - 4, 4);
    return Buffer.concat([sizes, lz4(bytes).subarray(4)]);
  },
};

/** Lists in lists, as Parquet has them: three levels each. */
function schemaOf({ type }: Kind, depth: number, required: boolean): SchemaElement[] {
  const repetition_type = required ? "REQUIRED" : "OPTIONAL";
  const list = (level: number): SchemaElement[] => [
    { name: level === 0 ? "x" : "element", repetition_type, num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
  ];
  const lists = Array.from({ length: depth }, (_, level) => list(level)).flat();
  return [
    { name: "schema", num_children: 1 },
    ...lists,
    { name: depth === 0 ? "x" : "element", type, repetition_type },
  ];
}

function nested(values: readonly unknown[], sizes: readonly number[]): unknown[] {
  const [size, ...rest] = sizes.toReversed();
  if (size === undefined) return [...values];
  const lists = Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));
  return nested(lists, rest.toReversed());
}

it("reads what was written", async () => {
  await fc.assert(
    fc.asyncProperty(
      table.chain((each) =>
        fc.record({
          each: fc.constant(each),
          encoding: fc.constantFrom(...each.kind.encodings),
          pool: fc.array(each.kind.value, { minLength: 1, maxLength: each.variety }),
        }),
      ),
      async ({ each: { kind, sizes, rows, required, seed, ...options }, encoding, pool }) => {
        const count = rows * sizes.reduce((product, size) => product * size, 1);
        const numbers = Array.from({ length: count }, (_, i) => pool[(i * i + seed) % pool.length] as number);
        const stored: Record<string, (value: number) => unknown> = { INT64: BigInt, BOOLEAN: Boolean };
        const writer = new ByteWriter();
        const { codec, pageSize, rowGroupSize } = options;
        const data = nested(numbers.map(stored[kind.type] ?? ((value) => value)), sizes);
        const columnData: Column[] = [{ name: "x", data, ...(encoding !== undefined && { encoding }) }];
        const schema = schemaOf(kind, sizes.length, required);
        await parquetWrite({ writer, schema, columnData, codec, pageSize, rowGroupSize, compressors });
        const file = memoryBytes(new Uint8Array(writer.getBuffer()), "x.parquet");
        const read = await readBytes(file, { wish: "x", part: 1 + (seed % 50) });
        expect(read).toMatchObject({ dtype: kind.dtype, shape: [rows, ...sizes] });
        expect([...read.values].map(Number)).toEqual(numbers);
      },
    ),
    { numRuns: 300 },
  );
});
