/** `1.4170`; `NaN` and `Infinity` by name, and never `-0`. */
export function fixed(value: number, digits: number = 4): string {
  return Number.isFinite(value) ? (value + 0).toFixed(digits).replace(/^-(0(?:\.0+)?)$/, "$1") : named(value);
}

/** Six significant digits, the zeros at the end left out: `0.487831`, `1.5e-9`, `12`. */
export function significant(value: number, digits: number = 6): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : named(value);
}

/** A tiny number by its size only: `3e-8`, `0`. */
export function magnitude(value: number): string {
  return value === 0 ? "0" : value.toExponential(0);
}

/** `8,388,608`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Milliseconds: `0.42`, `7.3`, `118`. */
export function milliseconds(value: number): string {
  return value.toFixed(value < 1 ? 2 : value < 100 ? 1 : 0);
}

/** `[3, 2]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** JSON has no word for these numbers; terminals get the same ones. */
function named(value: number): string {
  return String(value);
}
