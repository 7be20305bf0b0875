import { shiftedExp } from "./functions/exp";
import { firstBytes, maxOf, SUMMED } from "./lanes";
import { column, LABEL, PEAK, REST } from "./scratch";

// A block of f32 rows against their labels: PEAK is the label's exponential and REST the sum of all others, which is all that an index
// target needs. Exponentials are e^x · 2^-k with one k for the block, so that no maximum is looked for first; the label's is taken
// out of the tile before it is added up, so that nothing is lost beside it.
//
// The tile of exponentials lies as the logits do: in planes, class c's `pitch` bytes from the next, or row after row, `pitch` bytes
// from the next. Rows come in multiples of sixteen, the last ones 0.

/** The largest logit of the last block; NaN is passed over. */
export let blockMax: f32 = 0;

/** Exponentials of planes, sixteen rows of a class at a time. */
export function expPlanes(
  x: usize,
  step: usize,
  classes: i32,
  rows: i32,
  e: usize,
  pitch: usize,
  lowest: f32,
  magic: f32,
): void {
  const lowests = f32x4.splat(lowest);
  const magics = f32x4.splat(magic);
  let most = f32x4.splat(-Infinity);
  for (let group = rows >> 4; group > 0; group--) {
    let from = x;
    let to = e;
    for (let c = 0; c < classes; c++) {
      const x0 = v128.load(from);
      const x1 = v128.load(from, 16);
      const x2 = v128.load(from, 32);
      const x3 = v128.load(from, 48);
      most = f32x4.pmax(f32x4.pmax(most, x0), f32x4.pmax(x1, f32x4.pmax(x2, x3)));
      v128.store(to, shiftedExp(x0, lowests, magics));
      v128.store(to, shiftedExp(x1, lowests, magics), 16);
      v128.store(to, shiftedExp(x2, lowests, magics), 32);
      v128.store(to, shiftedExp(x3, lowests, magics), 48);
      from += step;
      to += pitch;
    }
    x += 64;
    e += 64;
  }
  blockMax = maxOf<f32>(most);
}

/** Exponentials of `numbers` numbers side by side, a multiple of sixteen. */
export function expRows(x: usize, numbers: i32, e: usize, lowest: f32, magic: f32): void {
  const lowests = f32x4.splat(lowest);
  const magics = f32x4.splat(magic);
  let most = f32x4.splat(-Infinity);
  for (let left = numbers >> 4; left > 0; left--) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    most = f32x4.pmax(f32x4.pmax(most, x0), f32x4.pmax(x1, f32x4.pmax(x2, x3)));
    v128.store(e, shiftedExp(x0, lowests, magics));
    v128.store(e, shiftedExp(x1, lowests, magics), 16);
    v128.store(e, shiftedExp(x2, lowests, magics), 32);
    v128.store(e, shiftedExp(x3, lowests, magics), 48);
    x += 64;
    e += 64;
  }
  blockMax = maxOf<f32>(most);
}

/** Takes the labels' exponentials out of the tile, into PEAK. */
export function takeLabels(e: usize, rowStep: usize, classStep: usize, rows: i32): void {
  let label = column(LABEL);
  let to = column(PEAK);
  for (; rows > 0; rows--) {
    const at = e + <usize>load<i32>(label) * classStep;
    store<f32>(to, load<f32>(at));
    store<f32>(at, 0);
    e += rowStep;
    label += 4;
    to += 4;
  }
}

/** Sums of what is left of planes, into REST. */
export function sumPlanes(e: usize, pitch: usize, classes: i32, rows: i32): void {
  let to = column(REST);
  for (let group = rows >> 4; group > 0; group--) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let from = e;
    for (let c = 0; c < classes; ) {
      let t0 = f32x4.splat(0);
      let t1 = t0;
      let t2 = t0;
      let t3 = t0;
      for (const stop = min(classes, c + SUMMED); c < stop; c++) {
        t0 = f32x4.add(t0, v128.load(from));
        t1 = f32x4.add(t1, v128.load(from, 16));
        t2 = f32x4.add(t2, v128.load(from, 32));
        t3 = f32x4.add(t3, v128.load(from, 48));
        from += pitch;
      }
      s0 = f32x4.add(s0, t0);
      s1 = f32x4.add(s1, t1);
      s2 = f32x4.add(s2, t2);
      s3 = f32x4.add(s3, t3);
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    to += 64;
    e += 64;
  }
}

/** Sums of what is left of rows, four of them at a time. */
export function sumRows(e: usize, pitch: usize, classes: i32, rows: i32): void {
  let to = column(REST);
  const whole = classes & ~3;
  const tail = firstBytes((<usize>(classes & 3)) << 2);
  for (; rows > 0; rows -= 4) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let at = e;
    const end = e + ((<usize>whole) << 2);
    for (; at < end; at += 16) {
      a = f32x4.add(a, v128.load(at));
      b = f32x4.add(b, v128.load(at + pitch));
      c = f32x4.add(c, v128.load(at + 2 * pitch));
      d = f32x4.add(d, v128.load(at + 3 * pitch));
    }
    if (whole != classes) {
      a = f32x4.add(a, v128.and(v128.load(at), tail));
      b = f32x4.add(b, v128.and(v128.load(at + pitch), tail));
      c = f32x4.add(c, v128.and(v128.load(at + 2 * pitch), tail));
      d = f32x4.add(d, v128.and(v128.load(at + 3 * pitch), tail));
    }
    // The four rows' partial sums, turned over and added.
    const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const first = f32x4.add(v128.shuffle<f64>(ab0, cd0, 0, 2), v128.shuffle<f64>(ab0, cd0, 1, 3));
    const second = f32x4.add(v128.shuffle<f64>(ab1, cd1, 0, 2), v128.shuffle<f64>(ab1, cd1, 1, 3));
    v128.store(to, f32x4.add(first, second));
    to += 16;
    e += 4 * pitch;
  }
}

/** Exponentials times what `factors` has for each row, planes to planes. */
export function scalePlanesBy(
  e: usize,
  pitch: usize,
  classes: i32,
  rows: i32,
  factors: usize,
  out: usize,
  outStep: usize,
): void {
  for (let group = rows >> 4; group > 0; group--) {
    const k0 = v128.load(factors);
    const k1 = v128.load(factors, 16);
    const k2 = v128.load(factors, 32);
    const k3 = v128.load(factors, 48);
    let from = e;
    let to = out;
    for (let c = 0; c < classes; c++) {
      v128.store(to, f32x4.mul(v128.load(from), k0));
      v128.store(to, f32x4.mul(v128.load(from, 16), k1), 16);
      v128.store(to, f32x4.mul(v128.load(from, 32), k2), 32);
      v128.store(to, f32x4.mul(v128.load(from, 48), k3), 48);
      from += pitch;
      to += outStep;
    }
    factors += 64;
    e += 64;
    out += 64;
  }
}

/** The same, rows to rows; a row's last vector overlaps the one before it. */
export function scaleRowsBy(
  e: usize,
  pitch: usize,
  classes: i32,
  rows: i32,
  factors: usize,
  out: usize,
  outStep: usize,
): void {
  const last = (<usize>(classes - 4)) << 2;
  for (; rows > 0; rows--) {
    const k = v128.load32_splat(factors);
    if (classes < 4) {
      for (let at: usize = 0; at < (<usize>classes) << 2; at += 4) {
        store<f32>(out + at, load<f32>(e + at) * f32x4.extract_lane(k, 0));
      }
    } else {
      for (let at: usize = 0; at < last; at += 16) v128.store(out + at, f32x4.mul(v128.load(e + at), k));
      v128.store(out + last, f32x4.mul(v128.load(e + last), k));
    }
    factors += 4;
    e += pitch;
    out += outStep;
  }
}

/** Writes what AT_LABEL has (at `values`) at the labels. */
export function putAtLabels(values: usize, out: usize, rowStep: usize, classStep: usize, rows: i32): void {
  let label = column(LABEL);
  for (; rows > 0; rows--) {
    store<f32>(out + <usize>load<i32>(label) * classStep, load<f32>(values));
    out += rowStep;
    label += 4;
    values += 4;
  }
}
