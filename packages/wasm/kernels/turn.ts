/** A matrix of four by four f32, its rows `step` bytes apart, turned over: to rows `toStep` bytes apart. */
// @ts-ignore: decorator
@inline
export function turn(from: usize, step: usize, to: usize, toStep: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + step);
  const c = v128.load(from + 2 * step);
  const d = v128.load(from + 3 * step);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(ab0, cd0, 0, 2));
  v128.store(to + toStep, v128.shuffle<f64>(ab0, cd0, 1, 3));
  v128.store(to + 2 * toStep, v128.shuffle<f64>(ab1, cd1, 0, 2));
  v128.store(to + 3 * toStep, v128.shuffle<f64>(ab1, cd1, 1, 3));
}
