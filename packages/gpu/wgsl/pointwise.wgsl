// scale · weight · term(a, b) of each element, kept, added up along the classes, or altogether; and its gradient by a.

/// log(1 + e^x).
fn softplus(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (!isFinite(x)) { return select(0.0, x, bits(x) == INFINITY); }
  return max(x, 0.0) + log1pOf(expOf(-abs(x)));
}

/// 1/(1 + e^−x), small values with all their digits.
fn sigmoid(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let e = select(0.0, expOf(-abs(x)), isFinite(x));
  return select(e, 1.0, (bits(x) >> 31u) == 0u) / (1.0 + e);
}

/// p·log q, 0 where p is 0.
fn pLog(p: f32, q: f32) -> f32 {
  if (isZero(p) && !isNan(q)) { return 0.0; }
  return product(p, lnOf(q));
}

fn minus(x: f32) -> f32 {
  return special(bits(x) ^ 0x80000000u);
}

/// The loss of a logit for a target t, 0 · ∞ being 0.
fn binary(x: f32, t: f32, w: f32) -> f32 {
  if (!isFinite(x)) { return plus(loose(w * t, softplus(minus(x))), loose(1.0 - t, softplus(x))); }
  let rest = log1pOf(expOf(-abs(x)));
  return plus(loose(w * t, max(-x, 0.0) + rest), loose(1.0 - t, max(x, 0.0) + rest));
}

fn binarySlope(x: f32, t: f32, w: f32) -> f32 {
  return (1.0 - t) * sigmoid(x) - w * t * sigmoid(minus(x));
}

fn alphaOf(t: f32) -> f32 {
  return select(P.alpha * t + (1.0 - P.alpha) * (1.0 - t), 1.0, P.alpha < 0.0);
}

fn missOf(x: f32, t: f32) -> f32 {
  return t * sigmoid(minus(x)) + (1.0 - t) * sigmoid(x);
}

fn valueOf(a: f32, b: f32, w: f32) -> f32 {
#if BINARY_LOGITS
#if STRICT
  if (!isFinite(a)) { return select(nan(), product(1.0 - b, a), bits(a) == INFINITY); }
#endif
  return binary(a, b, w);
#endif
#if SOFT_MARGIN
  return plus(times(b, softplus(minus(a))), times(1.0 - b, softplus(a)));
#endif
#if BINARY_PROBABILITIES
  if (isNan(a) || isNan(b)) { return nan(); }
  var hit = -100.0;
  if (!isZero(a)) { hit = max(logOf(a), -100.0); }
  var miss = -100.0;
  if (a < 1.0) { miss = max(log1pOf(-a), -100.0); }
  return -(b * hit + (1.0 - b) * miss);
#endif
#if FOCAL_LOGITS
  return product(product(alphaOf(b), powerOf(missOf(a, b), P.gamma)), binary(a, b, 1.0));
#endif
#if KL
  if (b < 0.0) { return nan(); }
  return plus(pLog(b, b), minus(times(b, a)));
#endif
#if KL_LOG_TARGET
#if !STRICT
  if (bits(b) == NEGATIVE_INFINITY && !isNan(a)) { return 0.0; }
#endif
  return product(exponential(b), plus(b, minus(a)));
#endif
#if ENTROPY
  return 0.0 - pLog(a, a);
#endif
#if DISTRIBUTION_CROSS_ENTROPY
  return 0.0 - pLog(a, b);
#endif
#if DISTRIBUTION_KL
  if (isZero(a) && !isNan(b)) { return 0.0; }
  if (isFinite(a) && isFinite(b) && a <= 2.0 * b && b <= 2.0 * a && b > 0.0) { return a * log1pOf((a - b) / b); }
  return product(a, plus(lnOf(a), minus(lnOf(b))));
#endif
#if EXP
  return exponential(a);
#endif
#if IDENTITY
  return a;
#endif
}

fn exponential(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (!isFinite(x)) { return select(0.0, x, bits(x) == INFINITY); }
  return expOf(x);
}

#if OUT_GRADIENT
fn slopeOf(a: f32, b: f32, w: f32) -> f32 {
#if BINARY_LOGITS
  return binarySlope(a, b, w);
#endif
#if SOFT_MARGIN
  return binarySlope(a, b, 1.0);
#endif
#if BINARY_PROBABILITIES
  return (a - b) / max((1.0 - a) * a, 1e-12);
#endif
#if FOCAL_LOGITS
  let miss = missOf(a, b);
  let slope = (1.0 - 2.0 * b) * (sigmoid(a) * sigmoid(minus(a)));
  let byBinary = product(powerOf(miss, P.gamma), binarySlope(a, b, 1.0));
  var byMiss = 0.0;
  if (P.gamma != 0.0 && !isZero(slope)) {
    byMiss = product(product(P.gamma * powerOf(miss, P.gamma - 1.0), slope), binary(a, b, 1.0));
  }
  return alphaOf(b) * plus(byBinary, byMiss);
#endif
#if KL
  return minus(b);
#endif
#if KL_LOG_TARGET
  return minus(exponential(b));
#endif
#if EXP
  return exponential(a);
#endif
#if IDENTITY
  return 1.0;
#endif
}
#endif

fn element(o: u32, c: u32, i: u32) -> f32 {
  let a = get_a(P.a.x + o * P.a.y + c * P.a.z + i * P.a.w);
#if B
  let b = get_b(P.b.x + o * P.b.y + c * P.b.z + i * P.b.w);
#else
  let b = 1.0;
#endif
#if POSITIVE_WEIGHT
  let w = get_positiveWeight(P.positiveWeight.x + o * P.positiveWeight.y + c * P.positiveWeight.z + i * P.positiveWeight.w);
#else
  let w = 1.0;
#endif
#if WEIGHT
  let weight = get_weight(P.weight.x + o * P.weight.y + c * P.weight.z + i * P.weight.w);
#else
  let weight = 1.0;
#endif
#if BINARY_PROBABILITIES
  if (bits(a) > 0x3f800000u && !isZero(a)) { // negative, above 1, NaN: by its bits, since what is tiny may be flushed
    let row = (P.fromOuter + o) * P.wholeClasses + P.fromClasses + c;
    atomicMin(&b_status[4u * P.slot], row * P.wholeInner + P.fromInner + i);
  }
#endif
#if OUT_GRADIENT
#if UPSTREAM
  let upstream = get_upstream(P.upstream.x + o * P.upstream.y + c * P.upstream.z + i * P.upstream.w);
#else
  let upstream = P.upstreamNumber;
#endif
  let g = product(upstream * P.scale * weight, slopeOf(a, b, w));
  put_gradient(P.gradient.x + o * P.gradient.y + c * P.gradient.z + i * P.gradient.w, g);
#endif
  return product(weight, valueOf(a, b, w));
}

#if CLASSES
fn row(lane: u32, place: u32, r: u32) {
  let o = r / P.inner;
  let i = r % P.inner;
  var sum = vec2<f32>(0.0, 0.0);
  for (var c = place; c < P.classes; c += stride()) {
    sum = addTo(sum, element(o, c, i));
  }
  let total = sumOfLanes(lane, select(sum.x + sum.y, sum.x, !isFinite(sum.x)));
  if (lane == 0u) { put_output(P.output.x + o * P.output.y + i * P.output.w, total * P.scale); }
}
#else
/// Adds an element, or writes it.
fn oneElement(sum: vec2<f32>, at: u32) -> vec2<f32> {
  let i = at % P.inner;
  let c = (at / P.inner) % P.classes;
  let o = at / (P.inner * P.classes);
  let value = element(o, c, i);
#if TOTAL
  return addTo(sum, value);
#else
  put_output(P.output.x + o * P.output.y + c * P.output.z + i * P.output.w, product(value, P.scale));
  return sum;
#endif
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let which = group.y * P.groupsX + group.x;
  var sum = vec2<f32>(0.0, 0.0);
#if FOURS
  var sums: SumsOfFour;
  var at = 4u * (which * GROUP + local);
  for (; at < P.count; at += 4u * P.stride) {
    if (!fourElements(at, &sums)) { break; }
  }
  // From the first four that are not ordinary, one by one.
  for (; at < P.count; at += select(1u, 4u * P.stride - 3u, (at & 3u) == 3u)) { sum = oneElement(sum, at); }
  for (var j = 0u; j < 4u; j++) {
    sum = addTo(sum, sums.sum[j]);
    sum.y = sum.y + sums.lost[j];
  }
#else
  for (var at = which * GROUP + local; at < P.count; at += P.stride) { sum = oneElement(sum, at); }
#endif
#if TOTAL
  let all = totalOfGroup(local, Totals(sum, vec3<f32>(0.0), 0u)).sum;
  if (local == 0u) {
    let to = 5u * (P.partialAt + which);
    b_partial[to] = bits(all.x);
    b_partial[to + 1u] = bits(all.y);
    b_partial[to + 2u] = bits(all.x);
    b_partial[to + 3u] = 0u;
    b_partial[to + 4u] = 0u;
  }
#endif
}
#endif
