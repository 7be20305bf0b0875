// Arithmetic of the declared corners (docs/semantics.md).

/** `a·b`, with 0·∞ = 0 unless strict: a class without target mass contributes nothing. */
export function times(a: number, b: number, strict: boolean): number {
  return a === 0 && !strict && !Number.isNaN(b) ? 0 : a * b;
}

/** ±∞ where f32 overflows, as PyTorch's intermediate results do. */
export function saturate(value: number): number {
  return Number.isFinite(Math.fround(value)) ? value : Math.fround(value);
}

/** Of a maximum: where there is none yet, gaps are measured from 0. */
export function finiteOr0(x: number): number {
  return Number.isFinite(x) ? x : 0;
}
