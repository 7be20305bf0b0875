import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Rows } from "./rows.ts";

/** Lists as most programs write them: all that may be null says so, and their numbers have pages of 1 MiB. */
const SCHEMA: ConstructorParameters<typeof ParquetWriter>[0]["schema"] = [
  { name: "schema", num_children: 2 },
  { name: "logits", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
  { name: "targets", type: "INT64", repetition_type: "REQUIRED" },
];

/** The columns `logits`, lists, and `targets`, not packed; a row group for each of the blocks. */
export function* parquet(blocks: Iterable<Rows>, classes: number): Generator<Uint8Array> {
  const writer = new ByteWriter();
  const file = new ParquetWriter({ writer, schema: SCHEMA, codec: "UNCOMPRESSED", statistics: false });
  for (const { logits, targets } of blocks) {
    const lists = Array.from(targets, (_, row) => Array.from(logits.subarray(row * classes, (row + 1) * classes)));
    const columnData = [
      { name: "logits", data: lists, encoding: "PLAIN" as const },
      { name: "targets", data: targets, encoding: "PLAIN" as const },
    ];
    void file.write({ columnData, rowGroupSize: targets.length });
    yield taken(writer);
  }
  void file.finish();
  yield taken(writer);
}

/** What was written since it was asked last. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = new Uint8Array(writer.getBuffer());
  writer.index = 0;
  return bytes;
}
