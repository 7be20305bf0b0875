import type { DType } from "@surprisal/core";
import type { SchemaElement, SchemaTree } from "hyparquet";
import { isListLike } from "hyparquet/src/schema.js";
import { FormatError } from "./format-error.ts";

/** The numbers at the bottom of a column. */
export interface ParquetLeaf {
  /** The column's name, for messages. */
  readonly column: string;
  /** Its names from the top, joined, as chunks tell theirs. */
  readonly path: string;
  readonly element: SchemaElement;
  readonly dtype: DType;
  /** How many lists are around a number. */
  readonly depth: number;
  /** What may be absent or repeated on the way down: a definition level says how many of these there are. */
  readonly steps: readonly ("OPTIONAL" | "REPEATED")[];
}

/** Finds the numbers of a column. @throws FormatError for a column of anything but numbers and lists of them */
export function parquetLeaf(column: SchemaTree, file: string): ParquetLeaf {
  const name = column.element.name;
  const nodes = [column];
  let leaf = column;
  while (isListLike(leaf)) {
    const repeated = leaf.children[0] as SchemaTree;
    nodes.push(repeated);
    leaf = repeated;
    const [item] = repeated.children;
    if (item !== undefined) {
      nodes.push(item);
      leaf = item;
    }
  }
  const dtype = dtypeOf(leaf);
  if (dtype === undefined) {
    const { converted_type: converted, logical_type: logical, type } = leaf.element;
    const kind = leaf.children.length > 0 ? "a record" : (converted ?? logical?.type ?? type ?? "nothing");
    throw new FormatError(file, `column ${JSON.stringify(name)} must hold numbers, or lists of them; it holds ${kind}`);
  }
  const steps = nodes.flatMap(({ element }) => stepOf(element));
  const depth = steps.filter((step) => step === "REPEATED").length;
  return { column: name, path: leaf.path.join("."), element: leaf.element, dtype, depth, steps };
}

function stepOf({ repetition_type: repetition }: SchemaElement): ParquetLeaf["steps"] {
  return repetition === "OPTIONAL" || repetition === "REPEATED" ? [repetition] : [];
}

function dtypeOf({ children, element }: SchemaTree): DType | undefined {
  if (children.length > 0) return undefined;
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === "DECIMAL") return "f64";
  if (logical?.type === "FLOAT16" || type === "FLOAT") return "f32";
  if (type === "DOUBLE") return "f64";
  if (type === "BOOLEAN") return "bool";
  const plain = converted === undefined ? (logical?.type ?? "INTEGER") === "INTEGER" : /^U?INT_/.test(converted);
  if (type === "INT32" && plain) return isUnsigned32(element) ? "i64" : "i32";
  if (type === "INT64" && plain) return "i64";
  return undefined;
}

function isUnsigned32({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === "UINT_32" || (logical?.type === "INTEGER" && logical.bitWidth === 32 && !logical.isSigned);
}
