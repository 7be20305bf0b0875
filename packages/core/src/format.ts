// Layout of PyTorch 1.13's repr (torch/_tensor_str.py) with its default print options. Floats are shown as integers,
// with 4 decimals or in scientific notation; one choice and one width serve the whole tensor.
const DECIMALS = 4;
const LINE_WIDTH = 80;
const SUMMARY_THRESHOLD = 1000;
const EDGE_ITEMS = 3;
const PREFIX = "tensor(";

const FLOAT_DTYPES: readonly string[] = ["f64", "f32", "f16", "bf16"];
/** Dtypes that PyTorch infers from a literal, so that it does not print them. */
const INFERRED_DTYPES: readonly string[] = ["f32", "i64", "bool"];

type Value = number | bigint | boolean;

/** Stands for the items left out of a summary. */
const ELLIPSIS = -1;

/**
 * Text of a tensor, laid out as Python prints it: `tensor([[1., 2.],\n        [3., 4.]])`. Over 1000 elements only the
 * first and last three items of each dimension are shown, and only those are read.
 *
 * Source: `repr` of PyTorch 1.13; `dtype=` names are this library's.
 *
 * @param values elements in row-major order
 * @param shape sizes; `[]` for a scalar
 * @param dtype "f32", "f64", "f16", "bf16", "i64", "i32", "i16", "u8" or "bool"
 * @example
 * formatTensor([1.5, 2], [2], "f64"); // tensor([1.5000, 2.0000], dtype=f64)
 */
export function formatTensor(values: ArrayLike<Value>, shape: readonly number[], dtype: string): string {
  const elements = shape.reduce((product, size) => product * size, 1);
  const suffixes: string[] = [];
  if (elements === 0 && shape.length !== 1) suffixes.push(`size=(${shape.join(", ")})`);
  // nothing to infer from in an empty tensor: all but the default dtype is printed
  const inferred = elements === 0 ? dtype === "f32" : INFERRED_DTYPES.includes(dtype);
  if (!inferred) suffixes.push(`dtype=${dtype}`);
  const contents = elements === 0 ? "[]" : contentsOf(values, shape, dtype, elements > SUMMARY_THRESHOLD);
  return appendSuffixes(PREFIX + contents, suffixes);
}

function contentsOf(values: ArrayLike<Value>, shape: readonly number[], dtype: string, summarize: boolean): string {
  const valueAt = (offset: number): Value => values[offset] ?? NaN;
  const { text, width } = formatterFor(shownOffsets(shape, summarize).map(valueAt), dtype);

  const render = (axis: number, offset: number, indent: number): string => {
    const size = shape[axis];
    if (size === undefined) return text(valueAt(offset)).padStart(width);
    const last = axis === shape.length - 1;
    const items = shownIndices(size, summarize).map((index) => {
      if (index === ELLIPSIS) return last ? " ..." : "...";
      return render(axis + 1, offset * size + index, indent + 1);
    });
    const perLine = last ? Math.max(1, Math.floor((LINE_WIDTH - indent) / (width + ", ".length))) : 1;
    // one line break between rows, one more for every dimension above
    const breaks = "\n".repeat(Math.max(1, shape.length - axis - 1));
    return `[${inLines(items, perLine).join(`,${breaks}${" ".repeat(indent + 1)}`)}]`;
  };
  return render(0, 0, PREFIX.length);
}

function inLines(items: readonly string[], perLine: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(", "));
  return lines;
}

function shownIndices(size: number, summarize: boolean): number[] {
  if (!summarize || size <= 2 * EDGE_ITEMS) return Array.from({ length: size }, (_, index) => index);
  const first = Array.from({ length: EDGE_ITEMS }, (_, index) => index);
  return [...first, ELLIPSIS, ...first.map((index) => size - EDGE_ITEMS + index)];
}

function shownOffsets(shape: readonly number[], summarize: boolean): number[] {
  return shape.reduce(
    (offsets, size) => {
      const indices = shownIndices(size, summarize).filter((index) => index !== ELLIPSIS);
      return offsets.flatMap((offset) => indices.map((index) => offset * size + index));
    },
    [0],
  );
}

interface Formatter {
  readonly text: (value: Value) => string;
  readonly width: number;
}

function formatterFor(shown: readonly Value[], dtype: string): Formatter {
  if (dtype === "bool") return formatter((value) => (Number(value) !== 0 ? "True" : "False"), shown);
  if (!FLOAT_DTYPES.includes(dtype)) return formatter(String, shown);
  // zeros, infinities and NaNs neither choose the notation nor widen the column
  const counted = shown.map(Number).filter((value) => Number.isFinite(value) && value !== 0);
  const toText = floatNotation(counted);
  return formatter((value) => floatText(Number(value), toText), counted);
}

function formatter(text: (value: Value) => string, counted: readonly Value[]): Formatter {
  return { text, width: counted.reduce<number>((width, value) => Math.max(width, text(value).length), 1) };
}

function floatText(value: number, toText: (value: number) => string): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? `-${toText(0)}` : toText(value);
}

function floatNotation(counted: readonly number[]): (value: number) => string {
  const magnitudes = counted.map(Math.abs);
  const largest = magnitudes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = magnitudes.reduce((a, b) => Math.min(a, b), Infinity);
  const whole = counted.every(Number.isInteger);
  if (largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4)) return scientific;
  return whole ? (value) => `${value.toFixed(0)}.` : fixed;
}

/** Python's `{:.4f}`. */
function fixed(value: number): string {
  return halfToEven(value.toFixed(DECIMALS), value.toFixed(MOST_DIGITS));
}

/** Python's `{:.4e}`: an exponent has two digits or more. */
function scientific(value: number): string {
  const text = halfToEven(value.toExponential(DECIMALS), value.toExponential(MOST_DIGITS));
  return text.replace(/[+-]\d$/, (exponent) => `${exponent.charAt(0)}0${exponent.charAt(1)}`);
}

// The most that ECMAScript writes. No double comes that close to a tie without being one.
const MOST_DIGITS = 100;
const EVEN_THEN_HALF = /^(-?\d+\.\d{3}[02468])50*(e.*)?$/;

/** Both languages round the exact binary value, but a tie goes up in ECMAScript, to the even digit in Python. */
function halfToEven(rounded: string, digits: string): string {
  const tie = EVEN_THEN_HALF.exec(digits);
  return tie ? `${tie[1]}${tie[2] ?? ""}` : rounded;
}

function appendSuffixes(contents: string, suffixes: readonly string[]): string {
  let text = contents;
  // PyTorch counts the last line two columns too long here; ours breaks where its breaks
  let lineLength = text.length - text.lastIndexOf("\n") + 1;
  for (const suffix of suffixes) {
    const wraps = lineLength + suffix.length + ", ".length > LINE_WIDTH;
    text += wraps ? `,\n${" ".repeat(PREFIX.length)}${suffix}` : `, ${suffix}`;
    lineLength = wraps ? PREFIX.length + suffix.length : lineLength + suffix.length + ", ".length;
  }
  return `${text})`;
}
