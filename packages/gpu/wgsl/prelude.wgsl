// What all kernels share. A compiler may assume that NaN and infinity do not occur, and reorder sums: so classes of numbers are told
// by their bits, and what must not be reordered goes through `keep`.

const INFINITY = 0x7f800000u;
const NEGATIVE_INFINITY = 0xff800000u;
const NOT_A_NUMBER = 0x7fc00000u;
const LARGEST = 0x1.fffffep+127f;
/// Instead of its place, of a row that is not among those that are kept (places.wgsl).
const LEFT_OUT = 0xffffffffu;

fn bits(x: f32) -> u32 {
  return bitcast<u32>(x);
}

fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > INFINITY;
}

fn isFinite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) < INFINITY;
}

fn isZero(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) == 0u;
}

/// A number that is not known before the kernel runs.
fn special(u: u32) -> f32 {
  return bitcast<f32>(u ^ P.zero);
}

fn nan() -> f32 {
  return special(NOT_A_NUMBER);
}

fn infinity() -> f32 {
  return special(INFINITY);
}

/// x; a compiler cannot see that.
fn keep(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ P.zero);
}

/// a·b as IEEE 754 has it.
fn product(a: f32, b: f32) -> f32 {
  if (isNan(a) || isNan(b) || (isZero(a) && !isFinite(b)) || (isZero(b) && !isFinite(a))) { return nan(); }
  return a * b;
}

/// a·b, with 0·∞ = 0 where a is 0; NaN stays.
fn loose(a: f32, b: f32) -> f32 {
  if (isNan(a) || isNan(b)) { return nan(); }
  if (isZero(a)) { return 0.0; }
  return a * b;
}

/// One or the other, as the policy is.
fn times(a: f32, b: f32) -> f32 {
#if STRICT
  return product(a, b);
#else
  return loose(a, b);
#endif
}

/// a + b as IEEE 754 has it.
fn plus(a: f32, b: f32) -> f32 {
  if (isNan(a) || isNan(b) || (!isFinite(a) && !isFinite(b) && bits(a) != bits(b))) { return nan(); }
  return a + b;
}

/// e^x of a finite number: 2^n·(1 + r + r²·q(r)) with ln 2 in two parts, q fitted to 3·10⁻⁹; within 1 ULP. Below −87.33 it is 0.
fn expOf(x: f32) -> f32 {
  let d = clamp(x, -88.0, 88.8);
  let n = round(d * 1.44269504);
  var r = keep(fma(n, -0.693359375, d));
  r = fma(n, 2.12194440e-4, r);
  var p = fma(1.3814320555e-3, r, 8.3688506857e-3);
  p = fma(p, r, 4.1668400168e-2);
  p = fma(p, r, 1.6666519642e-1);
  p = fma(p, r, 4.9999994040e-1);
  let y = fma(p, r * r, r) + 1.0;
  if (x < -87.33654) { return 0.0; }
  if (x > 88.7228) { return infinity(); }
  return bitcast<f32>(bitcast<u32>(y) + (bitcast<u32>(i32(n)) << 23u));
}

/// The same of four numbers that are at most 0. Rounding is adding 1.5·2²³, whose last bits are then those of n.
fn expOfFour(x: vec4<f32>) -> vec4<f32> {
  let rounded = bitcast<vec4<u32>>(fma(x, vec4<f32>(1.44269504), vec4<f32>(12582912.0))) ^ vec4<u32>(P.zero);
  let n = bitcast<vec4<f32>>(rounded) - 12582912.0;
  var r = fma(n, vec4<f32>(-0.693359375), x);
  r = bitcast<vec4<f32>>(bitcast<vec4<u32>>(r) ^ vec4<u32>(P.zero));
  r = fma(n, vec4<f32>(2.12194440e-4), r);
  var p = fma(vec4<f32>(1.3814320555e-3), r, vec4<f32>(8.3688506857e-3));
  p = fma(p, r, vec4<f32>(4.1668400168e-2));
  p = fma(p, r, vec4<f32>(1.6666519642e-1));
  p = fma(p, r, vec4<f32>(4.9999994040e-1));
  let y = fma(p, r * r, r) + 1.0;
  let scaled = bitcast<vec4<f32>>(bitcast<vec4<u32>>(y) + (rounded << vec4<u32>(23u)));
  return select(scaled, vec4<f32>(0.0), x < vec4<f32>(-87.33654));
}

/// log(1 + f) + e·ln 2 for √½ ≤ 1 + f < √2 (Cephes).
fn logOfMantissa(f: f32, e: f32) -> f32 {
  let z = f * f;
  var p = fma(7.0376836292e-2, f, -1.1514610310e-1);
  p = fma(p, f, 1.1676998740e-1);
  p = fma(p, f, -1.2420140846e-1);
  p = fma(p, f, 1.4249322787e-1);
  p = fma(p, f, -1.6668057665e-1);
  p = fma(p, f, 2.0000714765e-1);
  p = fma(p, f, -2.4999993993e-1);
  p = fma(p, f, 3.3333331174e-1);
  var y = p * f * z;
  y = fma(e, -2.12194440e-4, y);
  y = fma(-0.5, z, y);
  return fma(e, 0.693359375, f + y);
}

/// log x for finite x > 0.
fn logOf(x: f32) -> f32 {
  var u = bitcast<u32>(x);
  var e = -126;
  if (u < 0x00800000u) { // below 2^-126, where arithmetic may flush: a whole number of 2^-149
    u = bitcast<u32>(f32(u));
    e = -275;
  }
  e += i32(u >> 23u);
  var m = bitcast<f32>((u & 0x007fffffu) | 0x3f000000u);
  if (m < 0.707106781) {
    e -= 1;
    m = m + m;
  }
  return logOfMantissa(m - 1.0, f32(e));
}

/// log(1 + x) for finite x > −1: what 1 + x loses comes back.
fn log1pOf(x: f32) -> f32 {
  if (abs(x) < 0.29) { return logOfMantissa(x, 0.0); }
  let u = keep(1.0 + x);
  let lost = keep(x - keep(u - 1.0));
  return logOf(u) + lost / u;
}

/// e^x − 1 for x ≤ 0.
fn expm1Of(x: f32) -> f32 {
  if (x < -0.34) { return expOf(x) - 1.0; }
  var p = fma(1.9875691500e-4, x, 1.3981999507e-3);
  p = fma(p, x, 8.3334519073e-3);
  p = fma(p, x, 4.1665795894e-2);
  p = fma(p, x, 1.6666665459e-1);
  p = fma(p, x, 5.0000001201e-1);
  return fma(p, x * x, x);
}

/// tanh x = −e/(e + 2) with e = exp(−2|x|) − 1, and the sign of x.
fn tanhOf(x: f32) -> f32 {
  let e = expm1Of(-2.0 * min(abs(x), 20.0));
  let t = -e / (e + 2.0);
  return bitcast<f32>(bitcast<u32>(t) | (bitcast<u32>(x) & 0x80000000u));
}

/// x^y for finite x and y, as JavaScript has it; small whole exponents are multiplied out.
fn powerOf(x: f32, y: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (y == 0.0) { return 1.0; }
  let whole = floor(y) == y;
  if (whole && y > 0.0 && y <= 16.0) {
    var result = 1.0;
    var square = x;
    var left = u32(y);
    while (left > 0u) {
      if ((left & 1u) != 0u) { result = result * square; }
      square = square * square;
      left = left >> 1u;
    }
    return result;
  }
  if (isZero(x)) { return select(infinity(), 0.0, y > 0.0); }
  let size = expOf(y * logOf(abs(x)));
  if (x > 0.0) { return size; }
  if (!whole) { return nan(); }
  return select(size, -size, floor(y * 0.5) * 2.0 != y);
}

/// log x, of anything.
fn lnOf(x: f32) -> f32 {
  if (isNan(x) || (bits(x) >> 31u) != 0u) { return select(nan(), special(NEGATIVE_INFINITY), isZero(x)); }
  if (isZero(x)) { return special(NEGATIVE_INFINITY); }
  if (!isFinite(x)) { return x; }
  return logOf(x);
}

/// a + b as a sum and what it has lost (Knuth's TwoSum).
fn twoSum(a: f32, b: f32) -> vec2<f32> {
  let s = keep(a + b);
  let v = keep(s - a);
  return vec2<f32>(s, keep(a - keep(s - v)) + keep(b - v));
}

/// Adds to a sum of two parts.
fn addTo(sum: vec2<f32>, x: f32) -> vec2<f32> {
  let s = twoSum(sum.x, x);
  return select(vec2<f32>(s.x, sum.y + s.y), vec2<f32>(s.x, 0.0), !isFinite(s.x));
}

/// f16 and bf16 from and to f32, in bits: hardware may flush or fold what is special.
fn fromHalf(h: u32) -> f32 {
  return fromHalves(vec2<u32>(h, 0u)).x;
}

/// Four of them, in two words.
fn fromHalves(w: vec2<u32>) -> vec4<f32> {
  let h = vec4<u32>(w.x & 0xffffu, w.x >> 16u, w.y & 0xffffu, w.y >> 16u);
  let m = h & vec4<u32>(0x7fffu);
  let ordinary = (m << vec4<u32>(13u)) + vec4<u32>(0x38000000u);
  let special = (m << vec4<u32>(13u)) | vec4<u32>(INFINITY);
  let small = bitcast<vec4<u32>>(vec4<f32>(m) * 5.9604644775390625e-8);
  let u = select(select(ordinary, special, m >= vec4<u32>(0x7c00u)), small, m < vec4<u32>(0x400u));
  return bitcast<vec4<f32>>(u | ((h & vec4<u32>(0x8000u)) << vec4<u32>(16u)));
}

fn toHalf(x: f32) -> u32 {
  return toHalves(vec4<f32>(x, vec3<f32>(0.0))).x;
}

fn toHalves(x: vec4<f32>) -> vec2<u32> {
  let u = bitcast<vec4<u32>>(x);
  let a = u & vec4<u32>(0x7fffffffu);
  let ordinary = (a + vec4<u32>(0xfffu) + ((a >> vec4<u32>(13u)) & vec4<u32>(1u)) - vec4<u32>(0x38000000u)) >> vec4<u32>(13u);
  // Below 2^-14, multiples of 2^-24: the mantissa without its last s bits, rounded.
  let s = min(vec4<u32>(126u) - (a >> vec4<u32>(23u)), vec4<u32>(25u));
  let m = (a & vec4<u32>(0x7fffffu)) | vec4<u32>(0x800000u);
  let small = (m + (vec4<u32>(1u) << (s - 1u)) - 1u + ((m >> s) & vec4<u32>(1u))) >> s;
  var h = select(ordinary, small, a < vec4<u32>(0x38800000u));
  h = select(h, vec4<u32>(0x7c00u), a >= vec4<u32>(0x477ff000u)); // 65520 and more
  h = select(h, vec4<u32>(0x7e00u), a > vec4<u32>(INFINITY));
  h = h | ((u >> vec4<u32>(16u)) & vec4<u32>(0x8000u));
  return vec2<u32>(h.x | (h.y << 16u), h.z | (h.w << 16u));
}

fn fromBrain(h: u32) -> f32 {
  return bitcast<f32>(h << 16u);
}

fn fromBrains(w: vec2<u32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(vec4<u32>(w.x << 16u, w.x & 0xffff0000u, w.y << 16u, w.y & 0xffff0000u));
}

fn toBrain(x: f32) -> u32 {
  return toBrains(vec4<f32>(x, vec3<f32>(0.0))).x;
}

fn toBrains(x: vec4<f32>) -> vec2<u32> {
  let u = bitcast<vec4<u32>>(x);
  let high = u >> vec4<u32>(16u);
  let rounded = (u + vec4<u32>(0x7fffu) + (high & vec4<u32>(1u))) >> vec4<u32>(16u);
  let h = select(rounded, high | vec4<u32>(0x40u), (u & vec4<u32>(0x7fffffffu)) > vec4<u32>(INFINITY));
  return vec2<u32>(h.x | (h.y << 16u), h.z | (h.w << 16u));
}

/// A whole number of 64 bits in f32, rounded once but for what is beyond 2^48.
fn fromWords(w: vec2<u32>) -> f32 {
  if (w.y == select(0u, 0xffffffffu, (w.x >> 31u) != 0u)) { return f32(bitcast<i32>(w.x)); }
  return f32(bitcast<i32>(w.y)) * 4294967296.0 + f32(w.x);
}
