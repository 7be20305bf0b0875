// softmax, log-softmax or log-sum-exp of rows; with UPSTREAM, the gradient by the input.

fn logitAt(i: u32) -> f32 {
  return get_input(i);
}

#if FOURS
fn fourLogits(i: u32) -> vec4<f32> {
  return get4_input(i);
}
#endif

#if OUT_SEGMENTS
fn row(lane: u32, place: u32, r: u32) {
  let x0 = P.input.x + (r / P.inner) * P.input.y + (r % P.inner) * P.input.w;
  let sum = gather(lane, scan(place, x0, P.input.z));
  if (lane == 0u) { putSum(segmentAt(r, place / LANES), sum); }
}
#else
fn row(lane: u32, place: u32, r: u32) {
  let o = r / P.inner;
  let i = r % P.inner;
  let x0 = P.input.x + o * P.input.y + i * P.input.w;
#if FROM_SEGMENTS
  let sum = gather(lane, segmentSum(lane, r));
#else
  let sum = gather(lane, scan(place, x0, P.input.z));
#endif
  let none = sum.infinite || sum.notNumber || !sum.some; // no softmax
#if LOG_SUM_EXP
  // Of a row without a finite maximum it is that maximum, and its gradient e^(x − max).
#if UPSTREAM
  let g = get_upstream(P.upstream.x + o * P.upstream.y + i * P.upstream.w);
  for (var c = place; c < P.classes; c += stride()) {
    let x = get_input(x0 + c * P.input.z);
    var y = 0.0;
    if (none) {
      y = select(0.0, nan(), sum.notNumber || !sum.infinite || bits(x) == INFINITY);
    } else if (isFinite(x)) {
      y = expOf(x - sum.most) / (1.0 + sum.rest);
    }
    put_output(P.output.x + o * P.output.y + c * P.output.z + i * P.output.w, product(g, y));
  }
#else
  if (place == 0u) {
    var y = sum.most + log1pOf(sum.rest);
    if (none) { y = select(select(special(NEGATIVE_INFINITY), infinity(), sum.infinite), nan(), sum.notNumber); }
    put_output(P.output.x + o * P.output.y + i * P.output.w, y);
  }
#endif
#else
  var known = Known(sum.most, 1.0 / (1.0 + sum.rest), 0.0, 0.0, none);
  let y0 = P.output.x + o * P.output.y + i * P.output.w;
#if UPSTREAM
  let g0 = P.upstream.x + o * P.upstream.y + i * P.upstream.w;
  known.dot = dotOf(known, lane, x0, g0); // never in segments: every lane would need all classes
#else
  let g0 = 0u;
#if !SOFTMAX
  known.logZ = log1pOf(sum.rest);
#endif
#endif
  var c = firstFour(place);
  for (; !none && isFinite(known.dot) && isWhole(c); c += 4u * stride()) {
    let x = fourFrom(x0, P.input.z, c);
    var sizes = sizesOf(x);
#if UPSTREAM
    let g = fourUpstream(g0, c);
    sizes = max(sizes, sizesOf(g));
#endif
    if (!isOrdinary(sizes)) { break; }
#if !UPSTREAM
#if !SOFTMAX
    if (any(x <= vec4<f32>(MASKED))) { break; }
#endif
#endif
    let d = x - vec4<f32>(known.most);
#if UPSTREAM
#if SOFTMAX
    let y = (expOfFour(d) * known.share) * (g - vec4<f32>(known.dot * known.share));
#else
    let y = g - (expOfFour(d) * known.share) * known.dot;
#endif
#else
#if SOFTMAX
    let y = expOfFour(d) * known.share;
#else
    let y = d - vec4<f32>(known.logZ);
#endif
#endif
#if FOURS
    put4_output(y0 + c, y);
#else
    let at = vec4<u32>(y0) + classesOfFour(c) * P.output.z;
    put_output(at.x, y.x);
    put_output(at.y, y.y);
    put_output(at.z, y.z);
    put_output(at.w, y.w);
#endif
  }
  for (; c < P.classes; c += 4u * stride()) {
    let classes = classesOfFour(c);
    for (var j = 0u; j < 4u; j++) {
      if (classes[j] < P.classes) { putOutput(known, x0, g0, y0, classes[j]); }
    }
  }
#endif
}

#if !LOG_SUM_EXP
/// What is known of a row before its outputs are.
struct Known {
  most: f32,
  share: f32,
  dot: f32,
  logZ: f32,
  none: bool,
}

/// The output of one class, whatever its numbers are.
fn putOutput(known: Known, x0: u32, g0: u32, y0: u32, c: u32) {
  let x = get_input(x0 + c * P.input.z);
  var y = select(0.0, expOf(x - known.most) * known.share, isFinite(x));
#if UPSTREAM
  let g = get_upstream(g0 + c * P.upstream.z);
#if SOFTMAX
  y = product(y, g - known.dot * known.share);
#else
  y = g - product(y, known.dot);
#endif
#else
#if !SOFTMAX
  y = select(special(NEGATIVE_INFINITY), (x - known.most) - known.logZ, isFinite(x));
#endif
#endif
  if (known.none) { y = nan(); }
  put_output(y0 + c * P.output.z, y);
}

#if UPSTREAM
fn fourUpstream(g0: u32, c: u32) -> vec4<f32> {
#if FOURS
  return get4_upstream(g0 + c);
#else
  let at = vec4<u32>(g0) + classesOfFour(c) * P.upstream.z;
  return vec4<f32>(get_upstream(at.x), get_upstream(at.y), get_upstream(at.z), get_upstream(at.w));
#endif
}

/// Σ upstream·e^(x − most), or of log-softmax Σ upstream, of a row: in stretches of 32 classes.
fn dotOf(known: Known, lane: u32, x0: u32, g0: u32) -> f32 {
  var sums = vec4<f32>(0.0);
  var stretch = sums;
  var count = 0u;
  var c = firstFour(lane);
  for (; isWhole(c); c += 4u * LANES) {
    var term = fourUpstream(g0, c);
    var sizes = sizesOf(term);
#if SOFTMAX
    let x = fourFrom(x0, P.input.z, c);
    sizes = max(sizes, sizesOf(x));
    term = term * expOfFour(x - vec4<f32>(known.most));
#endif
    if (!isOrdinary(sizes)) { break; }
    stretch = stretch + term;
    count += 1u;
    if ((count & 7u) == 0u) {
      sums = sums + stretch;
      stretch = vec4<f32>(0.0);
    }
  }
  sums = sums + stretch;
  var dot = (sums.x + sums.y) + (sums.z + sums.w);
  var rest = 0.0;
  for (; c < P.classes; c += 4u * LANES) {
    let classes = classesOfFour(c);
    for (var j = 0u; j < 4u; j++) {
      if (classes[j] >= P.classes) { continue; }
      let g = get_upstream(g0 + classes[j] * P.upstream.z);
#if SOFTMAX
      let x = get_input(x0 + classes[j] * P.input.z);
      rest += product(g, select(0.0, expOf(x - known.most), isFinite(x)));
#else
      rest += g;
#endif
    }
    count += 1u;
    if ((count & 7u) == 0u) {
      dot += rest;
      rest = 0.0;
    }
  }
  return sumOfLanes(lane, dot + rest);
}
#endif
#endif
#endif
