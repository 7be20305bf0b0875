import type { Bytes } from "./bytes.ts";
import { NOT_A_NUMBER, parseDecimal } from "./decimal.ts";
import { FormatError } from "./format-error.ts";
import { endOfLine, type Line, Lines } from "./lines.ts";
import type { Wanted } from "./members.ts";
import { chooseColumns, labelOf, type Table, type TableBatch } from "./table.ts";

const QUOTE = 34;
const SPACE = 32;
const BATCH_BYTES = 256 * 2 ** 10;

/** Byte between fields, and where each field of a record lies. */
interface Fields {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  count: number;
}

/**
 * Opens text with numbers between commas or tabs. A first line in which anything is no number names the columns; else
 * they are called 0, 1, 2 …. Fields may be quoted, and numbers be nan or inf. Fields that nobody wants may hold anything.
 *
 * @throws FormatError with the line and the column
 */
export async function openCsv(bytes: Bytes, wishes: readonly Wanted[], delimiter: "," | "\t"): Promise<Table> {
  const separator = delimiter.charCodeAt(0);
  const lines = new Lines(bytes, endOfRecord);
  const first = await lines.next();
  if (first === undefined)
    throw new FormatError(bytes.name, "a line of numbers or of column names required; it is empty");
  const start = withoutMark(first);
  const fields = split(start, separator);
  const header = !allNumbers(first.buffer, fields);
  const names = header ? namesOf(first.buffer, fields) : Array.from({ length: fields.count }, (_, i) => String(i));
  const meant = chooseColumns(names, wishes, bytes.name);
  const chosen = meant.map((each, i) => ({ ...each, label: labelOf(wishes[i]) }));
  const wanted = chosen.map(({ numbers }) => Int32Array.from(numbers));
  let pending: Line | undefined = header ? undefined : start;
  const widths = chosen.map(({ numbers }) => numbers.length);
  const batchRows = Math.max(1, Math.floor(BATCH_BYTES / 8 / widths.reduce((sum, each) => sum + each, 1)));
  return {
    name: bytes.name,
    text: true,
    columns: chosen.map(({ numbers, single, label }) => ({
      label,
      dtype: "f64",
      shape: single ? [undefined] : [undefined, numbers.length],
    })),
    async next(): Promise<TableBatch | undefined> {
      const columns = widths.map((width) => new Float64Array(width * batchRows));
      let rows = 0;
      while (rows < batchRows) {
        let line = pending ?? lines.next();
        pending = undefined;
        if (line instanceof Promise) line = await line;
        if (line === undefined) break;
        if (line.end === line.start) {
          await expectNothing(lines, line, bytes.name);
          break;
        }
        parseRow(line, rows++);
      }
      return rows === 0
        ? undefined
        : { rows, columns: columns.map((each, i) => each.subarray(0, rows * (widths[i] ?? 0))) };

      function parseRow(line: Line, row: number): void {
        split(line, separator, fields);
        if (fields.count !== names.length) {
          const message = `line ${line.number}: ${names.length} fields required, as in the first line; got ${fields.count}`;
          throw new FormatError(bytes.name, message);
        }
        for (let wish = 0; wish < wanted.length; wish++) {
          const numbers = wanted[wish] as Int32Array;
          const into = columns[wish] as Float64Array;
          const offset = row * numbers.length;
          for (let i = 0; i < numbers.length; i++) {
            const field = numbers[i] as number;
            const value = numberOf(line.buffer, fields, field);
            if (value === NOT_A_NUMBER) throw notANumber(line, fields, names[field] ?? "", bytes.name, field);
            into[offset + i] = value;
          }
        }
      }
    },
    close: () => bytes.close(),
  };
}

/** A record ends at a newline outside quotes. */
function endOfRecord(buffer: Uint8Array, start: number, end: number): number {
  const stop = endOfLine(buffer, start, end);
  const quote = buffer.subarray(start, stop < 0 ? end : stop).indexOf(QUOTE);
  if (quote < 0) return stop;
  let inside = false;
  for (let at = start + quote; at < end; at++) {
    const byte = buffer[at];
    if (byte === QUOTE) inside = !inside;
    else if (byte === 10 && !inside) return at + 1;
  }
  return -1;
}

/** The first line without a byte order mark. */
function withoutMark(line: Line): Line {
  const { buffer, start } = line;
  const marked = buffer[start] === 0xef && buffer[start + 1] === 0xbb && buffer[start + 2] === 0xbf;
  return marked ? { ...line, start: start + 3 } : line;
}

/** Cuts a record into fields, blanks around them left out. */
function split({ buffer, start, end }: Line, separator: number, into?: Fields): Fields {
  let { starts, ends } = into ?? { starts: new Int32Array(64), ends: new Int32Array(64) };
  let count = 0;
  let from = start;
  let inside = false;
  for (let at = start; at <= end; at++) {
    const byte = at === end ? separator : (buffer[at] as number);
    if (byte === QUOTE) inside = !inside;
    if (byte !== separator || (inside && at < end)) continue;
    if (count === starts.length) {
      starts = widened(starts);
      ends = widened(ends);
    }
    let first = from;
    let last = at;
    while (first < last && buffer[first] === SPACE) first++;
    while (last > first && buffer[last - 1] === SPACE) last--;
    starts[count] = first;
    ends[count++] = last;
    from = at + 1;
  }
  if (into === undefined) return { starts, ends, count };
  return Object.assign(into, { starts, ends, count });
}

function widened(array: Int32Array): Int32Array {
  const wider = new Int32Array(array.length * 2);
  wider.set(array);
  return wider;
}

function numberOf(buffer: Uint8Array, { starts, ends }: Fields, field: number): number | undefined {
  const start = starts[field] as number;
  const end = ends[field] as number;
  const quoted = end - start >= 2 && buffer[start] === QUOTE && buffer[end - 1] === QUOTE;
  return quoted ? parseDecimal(buffer, start + 1, end - 1) : parseDecimal(buffer, start, end);
}

function allNumbers(buffer: Uint8Array, fields: Fields): boolean {
  for (let field = 0; field < fields.count; field++) {
    if (numberOf(buffer, fields, field) === NOT_A_NUMBER) return false;
  }
  return true;
}

function namesOf(buffer: Uint8Array, fields: Fields): string[] {
  return Array.from({ length: fields.count }, (_, field) => textOf(buffer, fields, field));
}

function textOf(buffer: Uint8Array, { starts, ends }: Fields, field: number): string {
  const text = new TextDecoder().decode(buffer.subarray(starts[field], ends[field]));
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replaceAll('""', '"')
    : text;
}

function notANumber(line: Line, fields: Fields, name: string, file: string, field: number): FormatError {
  const text = textOf(line.buffer, fields, field);
  const came = text === "" ? "an empty field" : JSON.stringify(text.slice(0, 40));
  return new FormatError(file, `line ${line.number}, column ${JSON.stringify(name)}: a number required; got ${came}`);
}

/** Blank lines may only end a file: elsewhere a value is missing. */
async function expectNothing(lines: Lines, { number }: Line, file: string): Promise<void> {
  for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
    if (line.end > line.start)
      throw new FormatError(file, `line ${number}: a row of numbers required; the line is empty`);
  }
}
