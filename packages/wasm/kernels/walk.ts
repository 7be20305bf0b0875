import { exp, shiftedExp } from "./functions/exp";
import { entry, firstBytes, maxOf, sumOf, SUMMED } from "./lanes";
import { column, SPARE, tile } from "./scratch";
import { beginProduct, both, endProduct, multiplyBy } from "./walk-product";

// Cross entropy of a block of f32 rows that all count alike, in one walk from logits to the sum of losses and to gradients: what most
// calls ask for. As in by-label.ts exponentials are e^x · 2^-k, the label's is kept apart from the sum of all others, and
//
//     loss = log(1 + rest/e_y)        gradient  e_j·scale/z, at the label −rest·scale/z,  z = e_y + rest
//
// Labels are i32, side by side; those that are no class, or `left`, leave their row out (only if `masked`).

/** Smaller numbers may lack terms that were below 2^-126; so may a row whose exponentials are all below 1. */
export const SMALLEST_SUM: f32 = 8.271806125530277e-25; // 2^-80

// Constants of the loops (see `entry`): 2^-80, 1, 2^-100; in i32 1 and 4.
const NUMBERS_F: usize = memory.data<f32>([8.271806125530277e-25, 1, 7.888609052210118e-31], 16);
const NUMBERS_I: usize = memory.data<i32>([1, 4], 16);

/** The largest logit of the last block, NaN passed over; and the sum of its losses. */
export let walkMax: f32 = 0;
export let walkSum: f64 = 0;

function end(most: v128): void {
  walkSum = endProduct();
  walkMax = maxOf<f32>(most);
}

// @ts-ignore: decorator
@inline
function fourOf(a: usize, b: usize, c: usize, d: usize): v128 {
  return v128.load32_lane(d, v128.load32_lane(c, v128.load32_lane(b, v128.load32_zero(a), 1), 2), 3);
}

/** Ones where four rows have lost nothing that counts. */
// @ts-ignore: decorator
@inline
function isComplete(peak: v128, rest: v128): v128 {
  const smallest = entry<f32>(NUMBERS_F, 0);
  const fine = v128.and(f32x4.ge(rest, smallest), f32x4.ge(peak, smallest));
  return v128.and(fine, f32x4.ge(f32x4.add(peak, rest), entry<f32>(NUMBERS_F, 1)));
}

/** Ones where labels count. */
// @ts-ignore: decorator
@inline
function counts(label: v128, classes: i32, left: i32): v128 {
  return v128.andnot(i32x4.lt_u(label, i32x4.splat(classes)), i32x4.eq(label, i32x4.splat(left)));
}

/**
 * Losses of rows in planes, a multiple of sixteen, from their maxima: log(1 + rest) + (max − x_y) with rest the sum of all
 * exponentials but the largest. One exponential less, and sixteen rows at a time, since nothing has to be kept.
 */
export function walkPlanes(
  x: usize,
  step: usize,
  classes: i32,
  rows: i32,
  labels: usize,
  left: i32,
  masked: bool,
): bool {
  if (masked) return losses(x, step, classes, rows, labels, left, true);
  return losses(x, step, classes, rows, labels, left, false);
}

// @ts-ignore: decorator
@inline
function losses(x: usize, step: usize, classes: i32, rows: i32, labels: usize, left: i32, masked: bool): bool {
  const zero = f32x4.splat(0);
  const losers = tile(1);
  const losersEnd = losers + (<usize>(classes - 1) << 6);
  let gaps: f64 = 0;
  let complete = i32x4.splat(-1);
  beginProduct();
  for (let group = rows >> 4; group > 0; group--) {
    // The largest so far; whatever is not any more, or never was, is set aside; in this order NaN is.
    let m0 = v128.load(x);
    let m1 = v128.load(x, 16);
    let m2 = v128.load(x, 32);
    let m3 = v128.load(x, 48);
    let from = x + step;
    for (let to = losers; to < losersEnd; to += 64) {
      const y0 = v128.load(from);
      const y1 = v128.load(from, 16);
      const y2 = v128.load(from, 32);
      const y3 = v128.load(from, 48);
      v128.store(to, f32x4.pmin(y0, m0));
      v128.store(to, f32x4.pmin(y1, m1), 16);
      v128.store(to, f32x4.pmin(y2, m2), 32);
      v128.store(to, f32x4.pmin(y3, m3), 48);
      m0 = f32x4.pmax(m0, y0);
      m1 = f32x4.pmax(m1, y1);
      m2 = f32x4.pmax(m2, y2);
      m3 = f32x4.pmax(m3, y3);
      from += step;
    }
    let rest0 = zero;
    let rest1 = zero;
    let rest2 = zero;
    let rest3 = zero;
    for (let lost = losers; lost < losersEnd; ) {
      let s0 = zero;
      let s1 = zero;
      let s2 = zero;
      let s3 = zero;
      for (const stop = min(losersEnd, lost + SUMMED * 64); lost < stop; lost += 64) {
        s0 = f32x4.add(s0, exp<f32>(f32x4.sub(v128.load(lost), m0)));
        s1 = f32x4.add(s1, exp<f32>(f32x4.sub(v128.load(lost, 16), m1)));
        s2 = f32x4.add(s2, exp<f32>(f32x4.sub(v128.load(lost, 32), m2)));
        s3 = f32x4.add(s3, exp<f32>(f32x4.sub(v128.load(lost, 48), m3)));
      }
      rest0 = f32x4.add(rest0, s0);
      rest1 = f32x4.add(rest1, s1);
      rest2 = f32x4.add(rest2, s2);
      rest3 = f32x4.add(rest3, s3);
    }
    // NaN that is passed over here shows in the sum.
    const least = f32x4.pmin(f32x4.pmin(rest0, rest1), f32x4.pmin(rest2, rest3));
    complete = v128.and(complete, f32x4.ge(least, entry<f32>(NUMBERS_F, 2)));
    let safe = labels;
    if (masked) {
      safe = column(SPARE);
      const valid0 = countingLabels(labels, classes, left, safe);
      const valid1 = countingLabels(labels + 16, classes, left, safe + 16);
      const valid2 = countingLabels(labels + 32, classes, left, safe + 32);
      const valid3 = countingLabels(labels + 48, classes, left, safe + 48);
      rest0 = v128.and(rest0, valid0);
      rest1 = v128.and(rest1, valid1);
      rest2 = v128.and(rest2, valid2);
      rest3 = v128.and(rest3, valid3);
      m0 = v128.and(f32x4.sub(m0, planesAt(x, step, safe)), valid0);
      m1 = v128.and(f32x4.sub(m1, planesAt(x + 16, step, safe + 16)), valid1);
      m2 = v128.and(f32x4.sub(m2, planesAt(x + 32, step, safe + 32)), valid2);
      m3 = v128.and(f32x4.sub(m3, planesAt(x + 48, step, safe + 48)), valid3);
    } else {
      m0 = f32x4.sub(m0, planesAt(x, step, safe));
      m1 = f32x4.sub(m1, planesAt(x + 16, step, safe + 16));
      m2 = f32x4.sub(m2, planesAt(x + 32, step, safe + 32));
      m3 = f32x4.sub(m3, planesAt(x + 48, step, safe + 48));
    }
    gaps += sumOf<f32>(f32x4.add(f32x4.add(m0, m1), f32x4.add(m2, m3)));
    // Each is at most classes − 1.
    const a = both(rest0, rest1);
    const b = both(rest2, rest3);
    multiplyBy(both(a, b));
    x += 64;
    labels += 64;
  }
  end(zero);
  walkSum += gaps;
  return walkSum - walkSum == 0 && i32x4.all_true(complete);
}

/** What stands at the labels of four rows in planes. */
// @ts-ignore: decorator
@inline
function planesAt(x: usize, step: usize, labels: usize): v128 {
  return fourOf(
    x + <usize>load<i32>(labels) * step,
    x + <usize>load<i32>(labels, 4) * step + 4,
    x + <usize>load<i32>(labels, 8) * step + 8,
    x + <usize>load<i32>(labels, 12) * step + 12,
  );
}

/** Ones where four labels count, which are stored at `safe` with 0 in the place of the others. */
// @ts-ignore: decorator
@inline
function countingLabels(labels: usize, classes: i32, left: i32, safe: usize): v128 {
  const label = v128.load(labels);
  const valid = counts(label, classes, left);
  v128.store(safe, v128.and(label, valid));
  return valid;
}

/** Class numbers, four times each when loaded. */
const CLASS: usize = memory.data<i32>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 276, 277, 278, 279, 280, 281, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 294, 295, 296, 297, 298, 299, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 322, 323, 324, 325, 326, 327, 328, 329, 330, 331, 332, 333, 334, 335, 336, 337, 338, 339, 340, 341, 342, 343, 344, 345, 346, 347, 348, 349, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 360, 361, 362, 363, 364, 365, 366, 367, 368, 369, 370, 371, 372, 373, 374, 375, 376, 377, 378, 379, 380, 381, 382, 383, 384, 385, 386, 387, 388, 389, 390, 391, 392, 393, 394, 395, 396, 397, 398, 399, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 419, 420, 421, 422, 423, 424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 435, 436, 437, 438, 439, 440, 441, 442, 443, 444, 445, 446, 447, 448, 449, 450, 451, 452, 453, 454, 455, 456, 457, 458, 459, 460, 461, 462, 463, 464, 465, 466, 467, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477, 478, 479, 480, 481, 482, 483, 484, 485, 486, 487, 488, 489, 490, 491, 492, 493, 494, 495, 496, 497, 498, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511], 16);

/** Rows in planes, a multiple of sixteen; gradients go to `out`. False where a row is not ordinary. */
export function walkPlanesBack(
  x: usize,
  step: usize,
  classes: i32,
  rows: i32,
  labels: usize,
  left: i32,
  masked: bool,
  lowest: f32,
  magic: f32,
  out: usize,
  outStep: usize,
  scale: f32,
): bool {
  if (masked) return planes(x, step, classes, rows, labels, left, true, lowest, magic, out, outStep, scale);
  return planes(x, step, classes, rows, labels, left, false, lowest, magic, out, outStep, scale);
}

// @ts-ignore: decorator
@inline
function planes(
  x: usize,
  step: usize,
  classes: i32,
  rows: i32,
  labels: usize,
  left: i32,
  masked: bool,
  lowest: f32,
  magic: f32,
  out: usize,
  outStep: usize,
  scale: f32,
): bool {
  const zero = f32x4.splat(0);
  const lowests = f32x4.splat(lowest);
  const magics = f32x4.splat(magic);
  const scales = f32x4.splat(scale);
  const e = tile(1);
  const eEnd = e + (<usize>classes << 5);
  let most = f32x4.splat(-Infinity);
  let complete = i32x4.splat(-1);
  beginProduct();
  for (let group = rows >> 3; group > 0; group--) {
    const label0 = v128.load(labels);
    const label1 = v128.load(labels, 16);
    let rest0 = zero;
    let rest1 = zero;
    let from = x;
    let number = CLASS;
    for (let to = e; to < eEnd; ) {
      let s0 = zero;
      let s1 = zero;
      for (const stop = min(eEnd, to + SUMMED * 32); to < stop; to += 32) {
        const x0 = v128.load(from);
        const x1 = v128.load(from, 16);
        from += step;
        most = f32x4.pmax(most, f32x4.pmax(x0, x1));
        const e0 = shiftedExp(x0, lowests, magics);
        const e1 = shiftedExp(x1, lowests, magics);
        v128.store(to, e0);
        v128.store(to, e1, 16);
        const c = v128.load32_splat(number);
        number += 4;
        s0 = f32x4.add(s0, v128.andnot(e0, i32x4.eq(label0, c)));
        s1 = f32x4.add(s1, v128.andnot(e1, i32x4.eq(label1, c)));
      }
      rest0 = f32x4.add(rest0, s0);
      rest1 = f32x4.add(rest1, s1);
    }
    x += 32;
    let safe = labels;
    let valid0 = complete;
    let valid1 = complete;
    if (masked) {
      safe = column(SPARE);
      valid0 = counts(label0, classes, left);
      valid1 = counts(label1, classes, left);
      v128.store(safe, v128.and(label0, valid0));
      v128.store(safe, v128.and(label1, valid1), 16);
    }
    labels += 32;
    const peak0 = atLabels(e, safe);
    const peak1 = atLabels(e + 16, safe + 16);
    let ratio0 = f32x4.div(rest0, peak0);
    let ratio1 = f32x4.div(rest1, peak1);
    let share0 = f32x4.div(scales, f32x4.add(peak0, rest0));
    let share1 = f32x4.div(scales, f32x4.add(peak1, rest1));
    if (masked) {
      complete = v128.and(complete, v128.or(isComplete(peak0, rest0), v128.andnot(f32x4.eq(rest0, rest0), valid0)));
      complete = v128.and(complete, v128.or(isComplete(peak1, rest1), v128.andnot(f32x4.eq(rest1, rest1), valid1)));
      ratio0 = v128.and(ratio0, valid0);
      ratio1 = v128.and(ratio1, valid1);
      share0 = v128.and(share0, valid0);
      share1 = v128.and(share1, valid1);
    } else complete = v128.and(complete, v128.and(isComplete(peak0, rest0), isComplete(peak1, rest1)));
    multiplyBy(both(ratio0, ratio1));
    scaled(e, eEnd, share0, share1, out, outStep);
    putAtLabels(out, outStep, safe, f32x4.neg(f32x4.mul(rest0, share0)));
    putAtLabels(out + 16, outStep, safe + 16, f32x4.neg(f32x4.mul(rest1, share1)));
    out += 32;
  }
  end(most);
  return walkSum - walkSum == 0 && i32x4.all_true(complete);
}

/** Exponentials at the labels of four of eight rows. */
// @ts-ignore: decorator
@inline
function atLabels(e: usize, labels: usize): v128 {
  return fourOf(
    e + (<usize>load<i32>(labels) << 5),
    e + (<usize>load<i32>(labels, 4) << 5) + 4,
    e + (<usize>load<i32>(labels, 8) << 5) + 8,
    e + (<usize>load<i32>(labels, 12) << 5) + 12,
  );
}

/** Eight rows' exponentials times their shares. */
// @ts-ignore: decorator
@inline
function scaled(e: usize, eEnd: usize, share0: v128, share1: v128, out: usize, outStep: usize): void {
  for (; e < eEnd; e += 32) {
    v128.store(out, f32x4.mul(v128.load(e), share0));
    v128.store(out, f32x4.mul(v128.load(e, 16), share1), 16);
    out += outStep;
  }
}

/** Writes what stands at four rows' labels, in planes. */
// @ts-ignore: decorator
@inline
function putAtLabels(out: usize, step: usize, labels: usize, values: v128): void {
  v128.store32_lane(out + <usize>load<i32>(labels) * step, values, 0);
  v128.store32_lane(out + <usize>load<i32>(labels, 4) * step + 4, values, 1);
  v128.store32_lane(out + <usize>load<i32>(labels, 8) * step + 8, values, 2);
  v128.store32_lane(out + <usize>load<i32>(labels, 12) * step + 12, values, 3);
}

/** Dense rows one after the other, a multiple of sixteen; as `walkPlanes`. */
export function walkRows(
  x: usize,
  classes: i32,
  rows: i32,
  labels: usize,
  left: i32,
  masked: bool,
  lowest: f32,
  magic: f32,
  out: usize,
  scale: f32,
): bool {
  const e = tile(1);
  const most = exponentials(x, classes * rows, e, lowest, magic);
  beginProduct();
  let complete: bool;
  if (out == 0) {
    complete = masked ? sums(e, classes, rows, labels, left, true, 0, 0, false) : sums(e, classes, rows, labels, left, false, 0, 0, false);
  } else {
    complete = masked ? sums(e, classes, rows, labels, left, true, out, scale, true) : sums(e, classes, rows, labels, left, false, out, scale, true);
  }
  end(most);
  return walkSum - walkSum == 0 && complete;
}

/** Exponentials of `numbers` numbers, a multiple of sixteen; gives the largest numbers of each lane. */
function exponentials(x: usize, numbers: i32, e: usize, lowest: f32, magic: f32): v128 {
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
  return most;
}

const NUMBERS: usize = memory.data<i32>([0, 1, 2, 3], 16);

/** Sums of four rows at a time, and what follows from them. */
// @ts-ignore: decorator
@inline
function sums(
  e: usize,
  classes: i32,
  rows: i32,
  labels: usize,
  left: i32,
  masked: bool,
  out: usize,
  scale: f32,
  slopes: bool,
): bool {
  const pitch = <usize>classes << 2;
  const whole = <usize>(classes & ~3) << 2;
  const tail = firstBytes(<usize>(classes & 3) << 2);
  const scales = f32x4.splat(scale);
  let complete = i32x4.splat(-1);
  for (; rows > 0; rows -= 4) {
    const la = v128.load32_splat(labels);
    const lb = v128.load32_splat(labels, 4);
    const lc = v128.load32_splat(labels, 8);
    const ld = v128.load32_splat(labels, 12);
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let number = v128.load(NUMBERS);
    let at = e;
    const end = e + whole;
    for (; at < end; at += 16) {
      a = f32x4.add(a, v128.andnot(v128.load(at), i32x4.eq(la, number)));
      b = f32x4.add(b, v128.andnot(v128.load(at + pitch), i32x4.eq(lb, number)));
      c = f32x4.add(c, v128.andnot(v128.load(at + 2 * pitch), i32x4.eq(lc, number)));
      d = f32x4.add(d, v128.andnot(v128.load(at + 3 * pitch), i32x4.eq(ld, number)));
      number = i32x4.add(number, v128.load32_splat(NUMBERS_I, 4));
    }
    if (whole != pitch) {
      a = f32x4.add(a, v128.andnot(v128.and(v128.load(at), tail), i32x4.eq(la, number)));
      b = f32x4.add(b, v128.andnot(v128.and(v128.load(at + pitch), tail), i32x4.eq(lb, number)));
      c = f32x4.add(c, v128.andnot(v128.and(v128.load(at + 2 * pitch), tail), i32x4.eq(lc, number)));
      d = f32x4.add(d, v128.andnot(v128.and(v128.load(at + 3 * pitch), tail), i32x4.eq(ld, number)));
    }
    // The four rows' partial sums, turned over and added.
    const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const first = f32x4.add(v128.shuffle<f64>(ab0, cd0, 0, 2), v128.shuffle<f64>(ab0, cd0, 1, 3));
    const second = f32x4.add(v128.shuffle<f64>(ab1, cd1, 0, 2), v128.shuffle<f64>(ab1, cd1, 1, 3));
    const rest = f32x4.add(first, second);
    let safe = labels;
    let valid = complete;
    if (masked) {
      const label = v128.load(labels);
      valid = counts(label, classes, left);
      safe = column(SPARE);
      v128.store(safe, v128.and(label, valid));
    }
    let peak = fourOf(
      e + (<usize>load<i32>(safe) << 2),
      e + pitch + (<usize>load<i32>(safe, 4) << 2),
      e + 2 * pitch + (<usize>load<i32>(safe, 8) << 2),
      e + 3 * pitch + (<usize>load<i32>(safe, 12) << 2),
    );
    if (masked) {
      complete = v128.and(complete, v128.or(isComplete(peak, rest), v128.andnot(f32x4.eq(rest, rest), valid)));
      multiplyBy(v128.and(f32x4.div(rest, peak), valid));
    } else {
      complete = v128.and(complete, isComplete(peak, rest));
      multiplyBy(f32x4.div(rest, peak));
    }
    if (slopes) {
      let share = f32x4.div(scales, f32x4.add(peak, rest));
      if (masked) share = v128.and(share, valid);
      const shares = column(SPARE) + 16;
      v128.store(shares, share);
      for (let r: usize = 0; r < 16; r += 4) {
        scaledRow(e, pitch, v128.load32_splat(shares + r), out);
        const atLabel = column(SPARE) + 32;
        v128.store(atLabel, f32x4.neg(f32x4.mul(rest, share)));
        store<f32>(out + (<usize>load<i32>(safe + r) << 2), load<f32>(atLabel + r));
        e += pitch;
        out += pitch;
      }
    } else e += 4 * pitch;
    labels += 16;
  }
  return i32x4.all_true(complete);
}

/** A row's exponentials times its share; the last vector overlaps the one before it. */
// @ts-ignore: decorator
@inline
function scaledRow(e: usize, pitch: usize, share: v128, out: usize): void {
  if (pitch < 16) {
    for (let at: usize = 0; at < pitch; at += 4) store<f32>(out + at, load<f32>(e + at) * f32x4.extract_lane(share, 0));
    return;
  }
  const last = pitch - 16;
  for (let at: usize = 0; at < last; at += 16) v128.store(out + at, f32x4.mul(v128.load(e + at), share));
  v128.store(out + last, f32x4.mul(v128.load(e + last), share));
}
