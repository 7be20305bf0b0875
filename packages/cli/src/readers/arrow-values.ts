import { type Data, DataType, type Field, Type } from "apache-arrow";
import type { Elements, ReaderShape } from "./array-reader.ts";
import { ELEMENTS, type ElementType, newElements, widen } from "./elements.ts";
import { FormatError } from "./format-error.ts";

/** A wish, as columns of the file. */
export interface Choice {
  readonly label: string;
  readonly type: ElementType;
  readonly columns: readonly number[];
  /** Lengths of the lists of lists, outermost first. */
  readonly sizes: readonly number[];
  readonly shape: ReaderShape;
}

/** Where values are from, for messages. */
export interface Place {
  readonly rows: number;
  readonly start: number;
  readonly name: string;
}

/** The values of a wish in one record batch, row by row. @throws FormatError */
export function elementsOf({ columns, sizes, type, label }: Choice, batch: Data, place: Place): Elements {
  const width = sizes.reduce((product, size) => product * size, 1);
  const count = place.rows * width;
  const parts = columns.map((column) => {
    const data = batch.children[column];
    if (data === undefined)
      throw new FormatError(place.name, `${label}: column ${column} is missing in a record batch`);
    return valuesOf(data, { rows: place.rows, sizes, type, place, label });
  });
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const into = newElements(ELEMENTS[type].dtype, count * parts.length);
  parts.forEach((part, at) => {
    for (let i = 0; i < part.length; i++) into[i * parts.length + at] = part[i] as never;
  });
  return into;
}

/** Values of a column that are wanted: how many, in lists of what lengths, of what type, and what to say of them. */
interface Leaf {
  readonly rows: number;
  readonly sizes: readonly number[];
  readonly type: ElementType;
  readonly place: Place;
  readonly label: string;
}

/** The numbers below any lists, after a check that the lists have the lengths that they should. */
function valuesOf(data: Data, wanted: Leaf): Elements {
  const { rows, sizes, type, place, label } = wanted;
  if (data.length < rows)
    throw new FormatError(place.name, `${label}: ${rows} values required in a record batch; got ${data.length}`);
  if (data.nullCount > 0) throw nullIn(data, wanted);
  const [size, ...rest] = sizes;
  if (size !== undefined) {
    const [child] = data.children;
    checkLengths(data, size, { rows, place, label });
    if (child === undefined) throw new FormatError(place.name, `${label}: a list without values`);
    const from = firstOffset(data);
    const below = from === 0 ? child : child.slice(from, rows * size);
    return valuesOf(below, {
      ...wanted,
      rows: rows * size,
      sizes: rest,
      place: { ...place, start: place.start * size },
    });
  }
  if (DataType.isBool(data.type)) return bits(data, wanted);
  const bytes = data.values as Elements | undefined;
  const length = rows * ELEMENTS[type].bytes;
  if (bytes === undefined || bytes.byteLength < length) {
    throw new FormatError(
      place.name,
      `corrupt: ${label}: ${length} bytes of values required; got ${bytes?.byteLength ?? 0}`,
    );
  }
  const into = newElements(ELEMENTS[type].dtype, rows);
  const aligned = bytes.byteOffset % ELEMENTS[type].bytes === 0 ? bytes : bytes.slice();
  widen(type, new Uint8Array(aligned.buffer, aligned.byteOffset, length), into, {
    name: place.name,
    first: place.start,
  });
  return into;
}

function bits({ values, offset }: Data, { rows, place, label }: Pick<Leaf, "rows" | "place" | "label">): Uint8Array {
  const packed = values as Uint8Array;
  if (packed.length * 8 < offset + rows) throw tooShort(place, label, packed.length);
  return Uint8Array.from(
    { length: rows },
    (_, row) => ((packed[(offset + row) >> 3] ?? 0) >> ((offset + row) & 7)) & 1,
  );
}

function nullIn(data: Data, { rows, place, label }: Pick<Leaf, "rows" | "place" | "label">): FormatError {
  const known = Math.min(rows, (data.nullBitmap?.length ?? 0) * 8);
  let row = 0;
  while (row < known && data.getValid(row)) row++;
  return new FormatError(place.name, `row ${place.start + row}, ${label}: a number required; got null`);
}

function tooShort(place: Place, label: string, length: number): FormatError {
  return new FormatError(place.name, `corrupt: ${label}: more values required than ${length} bytes hold`);
}

function checkLengths(
  data: Data,
  size: number,
  { rows, place, label }: { rows: number; place: Place; label: string },
): void {
  if (data.typeId === Type.FixedSizeList) return;
  const offsets = data.valueOffsets as ArrayLike<number | bigint>;
  if (offsets.length <= rows) throw tooShort(place, label, offsets.length);
  for (let row = 0; row < rows; row++) {
    const length = Number(offsets[row + 1]) - Number(offsets[row]);
    if (length === size) continue;
    const where = `row ${place.start + row}, ${label}`;
    throw new FormatError(
      place.name,
      `${where}: a list of ${size} required, as in the first row; got one of ${length}`,
    );
  }
}

function firstOffset(data: Data): number {
  const offsets = data.valueOffsets as ArrayLike<number | bigint> | undefined;
  return data.typeId === Type.FixedSizeList ? 0 : Number(offsets?.[0] ?? 0);
}

/** Lengths of the first row's lists. */
export function sizesOf(data: Data | undefined): number[] {
  if (data === undefined) return [];
  const { typeId } = data;
  if (typeId !== Type.List && typeId !== Type.LargeList && typeId !== Type.FixedSizeList) return [];
  const offsets = data.valueOffsets as ArrayLike<number | bigint> | undefined;
  const size =
    typeId === Type.FixedSizeList
      ? (data.type as DataType & { listSize: number }).listSize
      : Number(offsets?.[1] ?? 0) - Number(offsets?.[0] ?? 0);
  return [size, ...sizesOf(data.children[0])];
}

/** The numbers at the bottom of columns, which have to be of one type. @throws FormatError */
export function typeOf(fields: readonly Field[], file: string): ElementType {
  const types = new Set(fields.map((field) => leafType(field.type as DataType, field.name, file)));
  const [type, other] = types;
  if (type !== undefined && other === undefined) return type;
  throw new FormatError(file, `columns of one type required; got ${[...types].join(", ") || "no column"}`);
}

const FLOATS: readonly ElementType[] = ["f2", "f4", "f8"];

function leafType(type: DataType, column: string, file: string): ElementType {
  const { typeId, children } = type as DataType & { readonly children?: readonly Field[] };
  const [child] = children ?? [];
  if (typeId === Type.Int) {
    const { isSigned, bitWidth } = type as unknown as { readonly isSigned: boolean; readonly bitWidth: number };
    return `${isSigned ? "i" : "u"}${bitWidth / 8}` as ElementType;
  }
  const float =
    typeId === Type.Float ? FLOATS[(type as unknown as { readonly precision: number }).precision] : undefined;
  if (float !== undefined) return float;
  if (typeId === Type.Bool) return "b1";
  const list = typeId === Type.List || typeId === Type.LargeList || typeId === Type.FixedSizeList;
  if (list && child !== undefined) return leafType(child.type as DataType, column, file);
  throw new FormatError(
    file,
    `column ${JSON.stringify(column)} must hold numbers, or lists of them; it holds ${Type[typeId] ?? typeId}`,
  );
}
