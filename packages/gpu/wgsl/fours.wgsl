// Four numbers at a time that are all ordinary: finite, and so small that nothing overflows.

const ORDINARY = 0x70800000u; // 2^98

fn isOrdinary(sizes: vec4<u32>) -> bool {
  return all(sizes <= vec4<u32>(ORDINARY));
}

/// Stands for a logit of −∞, whose exponential is 0 as well. A maximum, or the logit of a target, that is this is none to reckon with.
const MASKED = -0x1p+98f;

fn masked(x: vec4<f32>) -> vec4<f32> {
  return select(x, vec4<f32>(MASKED), bitcast<vec4<u32>>(x) == vec4<u32>(NEGATIVE_INFINITY));
}

fn sizesOf(x: vec4<f32>) -> vec4<u32> {
  return bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu);
}

fn keepFour(x: vec4<f32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>(x) ^ vec4<u32>(P.zero));
}

/// log(1 + x) for 0 ≤ x < 2^24 (see log1pOf).
fn log1pOfFour(x: vec4<f32>) -> vec4<f32> {
  let u = keepFour(1.0 + x);
  let lost = keepFour(x - keepFour(u - 1.0));
  let w = bitcast<vec4<u32>>(u);
  var e = vec4<f32>(vec4<i32>(w >> vec4<u32>(23u)) - vec4<i32>(126));
  var m = bitcast<vec4<f32>>((w & vec4<u32>(0x007fffffu)) | vec4<u32>(0x3f000000u));
  let low = m < vec4<f32>(0.707106781);
  e = select(e, e - 1.0, low);
  m = select(m, m + m, low);
  let near = x < vec4<f32>(0.29);
  let f = select(m - 1.0, x, near);
  e = select(e, vec4<f32>(0.0), near);
  let z = f * f;
  var p = fma(vec4<f32>(7.0376836292e-2), f, vec4<f32>(-1.1514610310e-1));
  p = fma(p, f, vec4<f32>(1.1676998740e-1));
  p = fma(p, f, vec4<f32>(-1.2420140846e-1));
  p = fma(p, f, vec4<f32>(1.4249322787e-1));
  p = fma(p, f, vec4<f32>(-1.6668057665e-1));
  p = fma(p, f, vec4<f32>(2.0000714765e-1));
  p = fma(p, f, vec4<f32>(-2.4999993993e-1));
  p = fma(p, f, vec4<f32>(3.3333331174e-1));
  var y = p * f * z;
  y = fma(e, vec4<f32>(-2.12194440e-4), y);
  y = fma(vec4<f32>(-0.5), z, y);
  y = fma(e, vec4<f32>(0.693359375), f + y);
  return select(y + lost / u, y, near);
}

/// The same for 0 ≤ x ≤ 1: 2·artanh(s) of s = x/(2 + x), of which s³·p(s²) is fitted to 4·10⁻¹⁰; within 1.9 ULP.
fn log1pOfFourUnits(x: vec4<f32>) -> vec4<f32> {
  let s = x / (2.0 + x);
  let z = s * s;
  var p = fma(vec4<f32>(0.11619529128), z, vec4<f32>(0.10851660371));
  p = fma(p, z, vec4<f32>(0.14296291769));
  p = fma(p, z, vec4<f32>(0.19999851286));
  p = fma(p, z, vec4<f32>(0.33333334327));
  let twice = s + s;
  return fma(twice, z * p, twice);
}

/// Sums of exponentials as in lanes.wgsl, one for each component: e^(x − most) of all but one of the largest, the last of them in a
/// stretch of their own; and the largest size of all numbers.
struct Fours {
  most: vec4<f32>,
  rest: vec4<f32>,
  stretch: vec4<f32>,
  largest: vec4<u32>,
}

fn firstOfFours(x: vec4<f32>) -> Fours {
  return Fours(x, vec4<f32>(0.0), vec4<f32>(0.0), sizesOf(x));
}

/// Takes in the next number of each component.
fn takeFours(all: ptr<function, Fours>, x: vec4<f32>) {
  let d = x - (*all).most;
  let e = expOfFour(-abs(d));
  let grows = d > vec4<f32>(0.0);
  (*all).largest = max((*all).largest, sizesOf(x));
  (*all).rest = select((*all).rest, ((*all).rest + (*all).stretch + 1.0) * e, grows);
  (*all).stretch = select((*all).stretch + e, vec4<f32>(0.0), grows);
  (*all).most = select((*all).most, x, grows);
}

/// Ends a stretch.
fn endStretch(all: ptr<function, Fours>) {
  (*all).rest = (*all).rest + (*all).stretch;
  (*all).stretch = vec4<f32>(0.0);
}

/// A sum in two parts for each component.
struct SumsOfFour {
  sum: vec4<f32>,
  lost: vec4<f32>,
}

/// The same as addTo. (By value: not every compiler takes a pointer to a member.)
fn addFour(all: SumsOfFour, x: vec4<f32>) -> SumsOfFour {
  let s = keepFour(all.sum + x);
  let v = keepFour(s - all.sum);
  return SumsOfFour(s, all.lost + (keepFour(all.sum - keepFour(s - v)) + keepFour(x - v)));
}
