import { chain, limit, massOf, slope, spreadGap, times } from "./formula";
import { exp, shiftedExp } from "./functions/exp";
import { tanh } from "./functions/expm1";
import { firstBytes, isFinite, lanes, lastBytes, maxOf, ones, sumOf } from "./lanes";
import { column, SPARE } from "./scratch";

// Loops over a run of classes of one row, side by side in memory.

/** Vectors that are added up in T before their sum goes on in f64. */
const STRETCH = 32;
/** Runs of this length are read from four places at once, which memory delivers faster. */
const LONG = 16384;

/** The largest number of the last run of exponentials (f32 only), and its largest exponential. */
export let runMax: f64 = 0;
export let runPeak: f64 = 0;

/** Ones in the last n lanes of a vector of T. */
// @ts-ignore: decorator
@inline
function lastLanes<T>(n: i32): v128 {
  return lastBytes(<usize>n * sizeof<T>());
}

/** Ones in the first n lanes, or in all. */
// @ts-ignore: decorator
@inline
function firstLanes<T>(n: i32): v128 {
  return firstBytes(<usize>min(n, lanes<T>()) * sizeof<T>());
}

/** The largest number of a run; NaN where it is first. */
export function maxRun<T>(x: usize, n: i32): T {
  const L = lanes<T>();
  let a = v128.load_splat<T>(x);
  let b = a;
  let i = 0;
  for (; i + 2 * L <= n; i += 2 * L) {
    a = v128.pmax<T>(a, v128.load(x));
    b = v128.pmax<T>(b, v128.load(x, 16));
    x += 32;
  }
  let m = maxOf<T>(v128.pmax<T>(a, b));
  for (; i < n; i++) {
    const y = load<T>(x);
    if (m < y) m = y;
    x += sizeof<T>();
  }
  return m;
}

/** e^(x − by) in f64; e^x shifted in f32, where `lowest` and `magic` say by what. */
// @ts-ignore: decorator
@inline
export function term<T>(x: v128, lowest: v128, magic: v128): v128 {
  return sizeof<T>() == 4 ? shiftedExp(x, lowest, magic) : exp<T>(v128.sub<T>(x, lowest));
}

/** One exponential, exactly as in a run. */
export function expOf<T>(x: T, lowest: T, magic: T): T {
  return v128.extract_lane<T>(term<T>(v128.splat<T>(x), v128.splat<T>(lowest), v128.splat<T>(magic)), 0);
}

/**
 * Sum of the exponentials of a run; `keep`s them at e; with `peaked` all but the largest, which is left in `runPeak`. In f64
 * `lowest` is what is subtracted first.
 */
// @ts-ignore: decorator
@inline
function exponentials<T>(x: usize, n: i32, e: usize, by: T, magic: T, keep: bool, peaked: bool): f64 {
  const L = lanes<T>();
  const lowest = v128.splat<T>(by);
  const magics = v128.splat<T>(magic);
  const zero = v128.splat<T>(0);
  const quads = n / (4 * L);
  const apart = n >= LONG;
  const stride: usize = apart ? <usize>quads << 4 : 16;
  const step: usize = apart ? 16 : 64;
  const xTail = x + (<usize>quads << 6);
  const eTail = e + (<usize>quads << 6);
  let largest = v128.splat<T>(<T>-Infinity);
  let top = zero;
  let total: f64 = 0;
  for (let q = 0; q < quads; ) {
    const end = min(q + STRETCH, quads);
    let s0 = zero;
    let s1 = zero;
    let s2 = zero;
    let s3 = zero;
    for (; q < end; q++) {
      const x0 = v128.load(x);
      const x1 = v128.load(x + stride);
      const x2 = v128.load(x + 2 * stride);
      const x3 = v128.load(x + 3 * stride);
      x += step;
      if (sizeof<T>() == 4) {
        largest = v128.pmax<T>(v128.pmax<T>(largest, x0), v128.pmax<T>(x1, v128.pmax<T>(x2, x3)));
      }
      const e0 = term<T>(x0, lowest, magics);
      const e1 = term<T>(x1, lowest, magics);
      const e2 = term<T>(x2, lowest, magics);
      const e3 = term<T>(x3, lowest, magics);
      if (keep) {
        v128.store(e, e0);
        v128.store(e + stride, e1);
        v128.store(e + 2 * stride, e2);
        v128.store(e + 3 * stride, e3);
        e += step;
      }
      if (peaked) {
        // What is smaller than the largest is added, what is larger takes its place; in this order NaN is added.
        s0 = v128.add<T>(s0, v128.pmin<T>(e0, top));
        top = v128.pmax<T>(top, e0);
        s1 = v128.add<T>(s1, v128.pmin<T>(e1, top));
        top = v128.pmax<T>(top, e1);
        s2 = v128.add<T>(s2, v128.pmin<T>(e2, top));
        top = v128.pmax<T>(top, e2);
        s3 = v128.add<T>(s3, v128.pmin<T>(e3, top));
        top = v128.pmax<T>(top, e3);
      } else {
        s0 = v128.add<T>(s0, e0);
        s1 = v128.add<T>(s1, e1);
        s2 = v128.add<T>(s2, e2);
        s3 = v128.add<T>(s3, e3);
      }
    }
    total += sumOf<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
  }
  x = xTail;
  e = eTail;
  // The rest, vector by vector; the last one overlaps the one before it, or the run is shorter than a vector.
  let left = n - quads * 4 * L;
  let s = zero;
  for (; left > 0; left -= L) {
    let y: v128;
    let z: v128;
    if (left >= L) {
      y = v128.load(x);
      z = term<T>(y, lowest, magics);
      if (keep) v128.store(e, z);
    } else if (n >= L) {
      const back = <usize>(L - left) * sizeof<T>();
      y = v128.load(x - back);
      z = term<T>(y, lowest, magics);
      if (keep) v128.store(e - back, z);
      z = v128.and(z, lastLanes<T>(left));
    } else {
      // Shorter than a vector altogether.
      const bytes = <usize>n * sizeof<T>();
      v128.store(column(SPARE), v128.splat<T>(<T>-Infinity));
      memory.copy(column(SPARE), x, bytes);
      y = v128.load(column(SPARE));
      z = term<T>(y, lowest, magics);
      if (keep) {
        v128.store(column(SPARE), z);
        memory.copy(e, column(SPARE), bytes);
      }
    }
    if (sizeof<T>() == 4) largest = v128.pmax<T>(largest, y);
    if (peaked) {
      s = v128.add<T>(s, v128.pmin<T>(z, top));
      top = v128.pmax<T>(top, z);
    } else s = v128.add<T>(s, z);
    x += 16;
    e += 16;
  }
  total += sumOf<T>(s);
  if (sizeof<T>() == 4) runMax = <f64>maxOf<T>(largest);
  if (!peaked) return total;
  runPeak = <f64>maxOf<T>(top);
  return total + othersOf<T>(top);
}

/** Sum of all lanes but the largest. */
function othersOf<T>(v: v128): f64 {
  v128.store(column(SPARE), v);
  let most = load<T>(column(SPARE));
  let others: f64 = 0;
  for (let i = 1; i < lanes<T>(); i++) {
    const each = load<T>(column(SPARE) + <usize>i * sizeof<T>());
    others += <f64>min<T>(most, each);
    most = max<T>(most, each);
  }
  return others;
}

/** Sum of the exponentials of a run; `expOf` says what the numbers mean. */
export function sumExps<T>(x: usize, n: i32, lowest: T, magic: T): f64 {
  return exponentials<T>(x, n, 0, lowest, magic, false, false);
}

/** The same, and keeps them at e, which is not x. */
export function sumExpsInto<T>(x: usize, n: i32, e: usize, lowest: T, magic: T): f64 {
  return exponentials<T>(x, n, e, lowest, magic, true, false);
}

/** Sum of all exponentials but the largest, which is left in `runPeak`. */
export function sumOthers<T>(x: usize, n: i32, lowest: T, magic: T): f64 {
  return exponentials<T>(x, n, 0, lowest, magic, false, true);
}

/** The same, and keeps them all at e, which is not x. */
export function sumOthersInto<T>(x: usize, n: i32, e: usize, lowest: T, magic: T): f64 {
  return exponentials<T>(x, n, e, lowest, magic, true, true);
}

/** Numbers times a factor; `to` may be `from`. */
export function scaleRun<T>(from: usize, to: usize, n: i32, factor: T): void {
  const L = lanes<T>();
  const factors = v128.splat<T>(factor);
  let i = 0;
  for (; i + 4 * L <= n; i += 4 * L) {
    v128.store(to, v128.mul<T>(v128.load(from), factors));
    v128.store(to, v128.mul<T>(v128.load(from, 16), factors), 16);
    v128.store(to, v128.mul<T>(v128.load(from, 32), factors), 32);
    v128.store(to, v128.mul<T>(v128.load(from, 48), factors), 48);
    from += 64;
    to += 64;
  }
  for (; i < n; i++) {
    store<T>(to, load<T>(from) * factor);
    from += sizeof<T>();
    to += sizeof<T>();
  }
}

/** Σ a·b of two runs. */
export function dotRun<T>(a: usize, b: usize, n: i32): f64 {
  return sumOfRun<T>(a, b, n, true);
}

/** Σ a of a run. */
export function sumRun<T>(a: usize, n: i32): f64 {
  return sumOfRun<T>(a, 0, n, false);
}

// @ts-ignore: decorator
@inline
function sumOfRun<T>(a: usize, b: usize, n: i32, products: bool): f64 {
  const L = lanes<T>();
  let total: f64 = 0;
  let i = 0;
  while (i + 4 * L <= n) {
    const end = min(i + 4 * STRETCH * L, n);
    let s0 = v128.splat<T>(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (; i + 4 * L <= end; i += 4 * L) {
      s0 = v128.add<T>(s0, termOf<T>(a, b, 0, products));
      s1 = v128.add<T>(s1, termOf<T>(a, b, 16, products));
      s2 = v128.add<T>(s2, termOf<T>(a, b, 32, products));
      s3 = v128.add<T>(s3, termOf<T>(a, b, 48, products));
      a += 64;
      b += 64;
    }
    total += sumOf<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
  }
  for (; i < n; i++) {
    total += products ? <f64>load<T>(a) * <f64>load<T>(b) : <f64>load<T>(a);
    a += sizeof<T>();
    b += sizeof<T>();
  }
  return total;
}

// @ts-ignore: decorator
@inline
function termOf<T>(a: usize, b: usize, at: usize, products: bool): v128 {
  return products ? v128.mul<T>(v128.load(a + at), v128.load(b + at)) : v128.load(a + at);
}

/** The gradient of softmax, y·(g − share·dot) with y = share·e, or of log-softmax, g − y·dot, in the place of exponentials e. */
export function gradientRun<T>(e: usize, g: usize, n: i32, share: T, dot: T, ofSoftmax: bool): void {
  const L = lanes<T>();
  const shares = v128.splat<T>(share);
  const dots = v128.splat<T>(ofSoftmax ? share * dot : dot);
  let i = 0;
  for (; i + 2 * L <= n; i += 2 * L) {
    const d0 = gradientOf<T>(v128.load(e), v128.load(g), shares, dots, ofSoftmax);
    const d1 = gradientOf<T>(v128.load(e, 16), v128.load(g, 16), shares, dots, ofSoftmax);
    v128.store(e, d0);
    v128.store(e, d1, 16);
    e += 32;
    g += 32;
  }
  for (; i < n; i++) {
    const y = load<T>(e) * share;
    const above = load<T>(g);
    store<T>(e, ofSoftmax ? y * (above - share * dot) : above - y * dot);
    e += sizeof<T>();
    g += sizeof<T>();
  }
}

// @ts-ignore: decorator
@inline
function gradientOf<T>(e: v128, above: v128, shares: v128, dots: v128, ofSoftmax: bool): v128 {
  const y = v128.mul<T>(e, shares);
  return ofSoftmax ? v128.mul<T>(y, v128.sub<T>(above, dots)) : v128.sub<T>(above, v128.mul<T>(y, dots));
}

// What follows runs over whole vectors: up to three numbers behind the run are read, and written where the target is a tile.

/** Exponentials of a run times a factor, to a tile; `expOf` says what the numbers mean. */
export function scaledExps<T>(x: usize, to: usize, n: i32, lowest: T, magic: T, factor: T): void {
  const lowests = v128.splat<T>(lowest);
  const magics = v128.splat<T>(magic);
  const factors = v128.splat<T>(factor);
  for (let i = 0; i < n; i += lanes<T>()) {
    v128.store(to, v128.mul<T>(term<T>(v128.load(x), lowests, magics), factors));
    x += 16;
    to += 16;
  }
}

/** `x − a − b`, in this order, to a tile. */
export function differenceRun<T>(x: usize, to: usize, n: i32, a: T, b: T): void {
  for (let i = 0; i < n; i += lanes<T>()) {
    v128.store(to, v128.sub<T>(v128.sub<T>(v128.load(x), v128.splat<T>(a)), v128.splat<T>(b)));
    x += 16;
    to += 16;
  }
}

/** Target mass of a run, and its sum with the gaps from the lead. */
export let runMass: f64 = 0;
export let runGap: f64 = 0;

/** Sets `runMass` and `runGap`. Probabilities t; with t = 0 the mass is `base` times the weights, which are 1 with weights = 0. */
export function spreadRun<T>(
  x: usize,
  n: i32,
  t: usize,
  weights: usize,
  hot: T,
  base: T,
  lead: T,
  narrow: bool,
  strict: bool,
): void {
  const L = lanes<T>();
  const hots = v128.splat<T>(hot);
  const bases = v128.splat<T>(base);
  const leads = v128.splat<T>(lead);
  const zero = v128.splat<T>(0);
  const one = ones<T>();
  runMass = 0;
  runGap = 0;
  for (let i = 0; i < n; ) {
    const end = min(i + STRETCH * L, n);
    let mass = zero;
    let gap = zero;
    for (; i < end; i += L) {
      const at = <usize>i * sizeof<T>();
      const w = weights == 0 ? one : v128.load(weights + at);
      const all = massOf<T>(t == 0 ? zero : v128.load(t + at), w, hots, bases);
      const q = v128.and(all, firstLanes<T>(n - i));
      mass = v128.add<T>(mass, q);
      const away = limit<T>(v128.sub<T>(leads, v128.load(x + at)), narrow);
      const part = v128.and(v128.mul<T>(q, away), firstLanes<T>(n - i));
      gap = v128.add<T>(gap, strict ? part : spreadGap<T>(q, away));
    }
    runMass += sumOf<T>(mass);
    runGap += sumOf<T>(gap);
  }
}

/** The gradient of a run where mass is spread, to a tile; arguments as `spreadRun` and `slope`. */
export function slopeRun<T>(
  e: usize,
  n: i32,
  t: usize,
  weights: usize,
  hot: T,
  base: T,
  pull: T,
  extra: T,
  peak: T,
  rest: T,
  share: T,
  to: usize,
): void {
  const hots = v128.splat<T>(hot);
  const bases = v128.splat<T>(base);
  const zero = v128.splat<T>(0);
  const one = ones<T>();
  const pulls = v128.splat<T>(pull);
  const extras = v128.splat<T>(extra);
  const peaks = v128.splat<T>(peak);
  const rests = v128.splat<T>(rest);
  const shares = v128.splat<T>(share);
  for (let i = 0; i < n; i += lanes<T>()) {
    const at = <usize>i * sizeof<T>();
    const w = weights == 0 ? one : v128.load(weights + at);
    const q = massOf<T>(t == 0 ? zero : v128.load(t + at), w, hots, bases);
    v128.store(to + at, slope<T>(v128.load(e + at), q, pulls, extras, peaks, rests, shares));
  }
}

/** The gradient with respect to probabilities, hot·w_j·(−log p_j) times `scale`, to a tile; whether all of it is finite. */
export function targetRun<T>(
  x: usize,
  n: i32,
  weights: usize,
  hot: T,
  lead: T,
  logZ: T,
  scale: T,
  narrow: bool,
  strict: bool,
  to: usize,
): bool {
  const L = lanes<T>();
  const hots = v128.splat<T>(hot);
  const one = ones<T>();
  let finite = v128.splat<i32>(-1);
  for (let i = 0; i < n; i += L) {
    const at = <usize>i * sizeof<T>();
    const mass = v128.mul<T>(hots, weights == 0 ? one : v128.load(weights + at));
    const away = limit<T>(v128.sub<T>(v128.splat<T>(lead), v128.load(x + at)), narrow);
    const surprise = v128.add<T>(away, v128.splat<T>(logZ));
    const result = v128.mul<T>(v128.splat<T>(scale), times<T>(mass, surprise, strict));
    v128.store(to + at, result);
    finite = v128.and(finite, v128.or(isFinite<T>(result), v128.not(firstLanes<T>(n - i))));
  }
  return i32x4.all_true(finite);
}

/** `x ← softcap · tanh(scale · x / softcap)` in a tile, and its derivative into `slopes` unless that is 0. A softcap of 0 is none. */
export function transformRun<T>(x: usize, n: i32, scale: T, softcap: T, slopes: usize): void {
  const scales = v128.splat<T>(scale);
  const caps = v128.splat<T>(softcap);
  const one = ones<T>();
  for (let i = 0; i < n; i += lanes<T>()) {
    const at = <usize>i * sizeof<T>();
    let y = v128.mul<T>(v128.load(x + at), scales);
    let by = scales;
    if (softcap != 0) {
      const t = tanh<T>(v128.div<T>(y, caps));
      y = v128.mul<T>(caps, t);
      by = v128.mul<T>(scales, v128.mul<T>(v128.sub<T>(one, t), v128.add<T>(one, t)));
    }
    v128.store(x + at, y);
    if (slopes != 0) v128.store(slopes + at, by);
  }
}

/** Carries a tile of gradients back through `transformRun`. */
export function chainRun<T>(gradients: usize, slopes: usize, n: i32): void {
  for (let i = 0; i < n; i += lanes<T>()) {
    const at = <usize>i * sizeof<T>();
    v128.store(gradients + at, chain<T>(v128.load(gradients + at), v128.load(slopes + at)));
  }
}
