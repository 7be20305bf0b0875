import { spreadGap } from "./formula";
import { firstBytes, lanes, sumOf, SUMMED } from "./lanes";
import { term } from "./runs";

// Loops of a second look at a run of classes of one row. As in runs.ts, up to three numbers behind the run are read.

/** Ones in the lanes of a vector that n numbers take, or in all. */
// @ts-ignore: decorator
@inline
function firstLanes<T>(n: i32): v128 {
  return firstBytes(<usize>min(n, lanes<T>()) * sizeof<T>());
}

/** Σ e·(lead − x); `expOf` says what the numbers mean. */
export function gapRun<T>(x: usize, n: i32, lowest: T, magic: T, lead: T): f64 {
  const L = lanes<T>();
  const lowests = v128.splat<T>(lowest);
  const magics = v128.splat<T>(magic);
  const leads = v128.splat<T>(lead);
  let total: f64 = 0;
  let i = 0;
  while (i + 2 * L <= n) {
    const end = min(i + 2 * SUMMED * L, n);
    let s0 = v128.splat<T>(0);
    let s1 = s0;
    for (; i + 2 * L <= end; i += 2 * L) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      s0 = v128.add<T>(s0, spreadGap<T>(term<T>(x0, lowests, magics), v128.sub<T>(leads, x0)));
      s1 = v128.add<T>(s1, spreadGap<T>(term<T>(x1, lowests, magics), v128.sub<T>(leads, x1)));
      x += 32;
    }
    total += sumOf<T>(v128.add<T>(s0, s1));
  }
  for (; i < n; i += L) {
    const y = v128.load(x);
    const gaps = spreadGap<T>(term<T>(y, lowests, magics), v128.sub<T>(leads, y));
    total += sumOf<T>(v128.and(gaps, firstLanes<T>(n - i)));
    x += 16;
  }
  return total;
}

/** How many numbers are larger than another one; or as large, too. */
export function countRun<T>(x: usize, n: i32, than: T, orEqual: bool): i32 {
  return orEqual ? larger<T>(x, n, than, true) : larger<T>(x, n, than, false);
}

// @ts-ignore: decorator
@inline
function larger<T>(x: usize, n: i32, than: T, orEqual: bool): i32 {
  const L = lanes<T>();
  const limit = v128.splat<T>(than);
  let a = i32x4.splat(0);
  let b = a;
  let i = 0;
  for (; i + 4 * L <= n; i += 4 * L) {
    a = minus<T>(a, isLarger<T>(v128.load(x), limit, orEqual));
    b = minus<T>(b, isLarger<T>(v128.load(x, 16), limit, orEqual));
    a = minus<T>(a, isLarger<T>(v128.load(x, 32), limit, orEqual));
    b = minus<T>(b, isLarger<T>(v128.load(x, 48), limit, orEqual));
    x += 64;
  }
  for (; i < n; i += L) {
    a = minus<T>(a, v128.and(isLarger<T>(v128.load(x), limit, orEqual), firstLanes<T>(n - i)));
    x += 16;
  }
  // In f64 counts are i64, of which the lower words are enough.
  const all = i32x4.add(a, b);
  return (
    i32x4.extract_lane(all, 0) + i32x4.extract_lane(all, 1) + i32x4.extract_lane(all, 2) + i32x4.extract_lane(all, 3)
  );
}

// @ts-ignore: decorator
@inline
function isLarger<T>(y: v128, limit: v128, orEqual: bool): v128 {
  return orEqual ? v128.ge<T>(y, limit) : v128.gt<T>(y, limit);
}

/** A count less a mask of ones, which are −1. */
// @ts-ignore: decorator
@inline
function minus<T>(count: v128, mask: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.sub(count, mask) : i64x2.sub(count, mask);
}

/** Where a number is first found; −1 if nowhere. */
export function findRun<T>(x: usize, n: i32, value: T): i32 {
  const L = lanes<T>();
  const wanted = v128.splat<T>(value);
  let i = 0;
  for (; i + 4 * L <= n; i += 4 * L) {
    const low = v128.or(v128.eq<T>(v128.load(x), wanted), v128.eq<T>(v128.load(x, 16), wanted));
    const high = v128.or(v128.eq<T>(v128.load(x, 32), wanted), v128.eq<T>(v128.load(x, 48), wanted));
    if (v128.any_true(v128.or(low, high))) break;
    x += 64;
  }
  for (; i < n; i++) {
    if (load<T>(x) == value) return i;
    x += sizeof<T>();
  }
  return -1;
}
