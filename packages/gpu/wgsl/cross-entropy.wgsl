// The row formula (docs/semantics.md). With m the largest logit, e_j = exp(x_j − m), rest the sum of all but one occurrence of the
// largest, h the mass on label y, q_j spread masses, S = h + Σ q_j:
//
//     log z = log1p(rest)
//     loss  = S·log z + h·(m − x_y) + Σ q_j·(m − x_j)
//     slope = ((S·e_j − Q_j) − Q_j·rest + extra·e_j)/(1 + rest),   Q_j = q_j + [j = y]·h
//
// times the row's weight, upstream and divisor. One kernel, of which OUT_… say what it writes.

const SMALL = 0x1p-64f;

/// A row's number among those that logits are there of.
fn outerOf(o: u32) -> u32 {
#if PLACED
  return b_place[P.placeAt + o];
#else
  return o;
#endif
}

#if PLACED
fn isLeftOut(r: u32) -> bool {
  return b_place[P.placeAt + r] == LEFT_OUT;
}
#endif

/// Where the logits of a row begin.
fn logitsFrom(o: u32, i: u32) -> u32 {
  return P.logits.x + outerOf(o) * P.logits.y + i * P.logits.w;
}

#if OUT_GRADIENT
fn gradientFrom(o: u32, i: u32) -> u32 {
  return P.gradient.x + outerOf(o) * P.gradient.y + i * P.gradient.w;
}
#endif

fn logitAt(i: u32) -> f32 {
#if TRANSFORM
  return transformed(get_logits(i));
#else
  return get_logits(i);
#endif
}

#if FOURS
fn fourLogits(i: u32) -> vec4<f32> {
  return get4_logits(i);
}
#endif

fn weightOf(c: u32) -> f32 {
#if WEIGHT
  return get_weight(P.weight.x + c * P.weight.z);
#else
  return 1.0;
#endif
}

/// q·(a − b) of finite numbers, whose difference may be beyond f32.
fn gapOf(q: f32, a: f32, b: f32) -> f32 {
#if STRICT
  return times(q, a - b);
#else
  return 2.0 * (q * (0.5 * a - 0.5 * b));
#endif
}


/// What is known of a row once all of its logits have been seen.
struct Row {
  most: f32,
  rest: f32,
  logZ: f32,
  none: bool,
  kept: bool,
  label: i32,
  logit: f32,
  hot: f32,
  mass: f32,
  gap: f32,
  /// The gap where it is beyond f32, times 2^-64.
  smallGap: f32,
  weight: f32,
}

/// What is known of a row before its logits.
fn begin(r: u32) -> Row {
  let o = r / P.inner;
  let i = r % P.inner;
  let t0 = P.targetAt.x + o * P.targetAt.y + i * P.targetAt.w;
  var known: Row;
  known.weight = 1.0;
#if ROW_WEIGHT
  known.weight = get_rowWeight(P.rowWeight.x + o * P.rowWeight.y + i * P.rowWeight.w);
#endif
  known.kept = !isZero(known.weight);
  known.label = -1;
  known.hot = 0.0;
  known.logit = 0.0;
#if INDEX
  let index = index_target(t0);
  let ignored = index.x == P.ignore.x && index.y == P.ignore.y;
  if (ignored || index.y != 0u || index.x >= P.classes) {
    known.kept = false;
  } else {
    known.label = i32(index.x);
#if FROM_SEGMENTS
    known.logit = segmentLogit(r); // the gradient of another segment may have taken its place
#else
    known.logit = logitAt(logitsFrom(o, i) + index.x * P.logits.z);
#endif
    known.hot = P.hot * weightOf(index.x);
  }
#endif
  return known;
}

fn look(lane: u32, place: u32, r: u32) -> Row {
  let o = r / P.inner;
  let i = r % P.inner;
  let x0 = logitsFrom(o, i);
  let t0 = P.targetAt.x + o * P.targetAt.y + i * P.targetAt.w;
  var known = begin(r);
#if SPREAD
  var spread = noGaps();
#if FROM_SEGMENTS
  let sum = gather(lane, segmentSum(lane, r));
  segmentGaps(lane, r, &spread);
#else
  let sum = gather(lane, walk(place, x0, t0, &spread));
#endif
#else
#if NORMALIZED
  let sum = Sum(0.0, 0.0, 0.0, 0u, false, false, false);
#else
#if FROM_SEGMENTS
  let sum = gather(lane, segmentSum(lane, r));
#else
  let sum = gather(lane, scan(place, x0, P.logits.z));
#endif
#endif
#endif
  known.most = sum.most;
  known.rest = sum.rest;
  known.none = sum.infinite || sum.notNumber || !sum.some;
#if NORMALIZED
  known.most = 0.0;
  known.rest = 0.0;
  known.none = false;
  known.logZ = 0.0;
#else
  known.logZ = log1pOf(sum.rest);
  if (known.none) {
    known.logZ = nan();
    known.most = 0.0;
    known.rest = 0.0;
  }
#endif
#if SPREAD
#if STRICT
  // PyTorch's differences are f32, and infinite beyond its range: they are taken from the largest logit itself.
  spread.reference = known.most;
  for (var c = lane; c < P.classes; c += LANES) {
    let x = logitAt(x0 + c * P.logits.z);
    if (isFinite(x)) { spread.gaps = plus(spread.gaps, gapOf(spreadOn(t0, c), known.most, x)); }
  }
#endif
  let mass = spread.mass + spread.masses;
  if (known.most != spread.reference && !isZero(mass)) { moveTo(&spread, known.most); }
  if (spread.infinite != 0u && spread.infiniteAt == known.most) { spread.infinite = spread.infinite | 4u; }
  known.mass = sumOfLanes(lane, mass);
  known.gap = sumOfLanes(lane, spread.gap + spread.gaps);
  known.smallGap = sumOfLanes(lane, spread.small);
  let infinite = orOfLanes(lane, spread.infinite);
  if (infinite != 0u) {
    known.gap = nan();
    if (infinite == 1u) { known.gap = infinity(); }
    if (infinite == 2u) { known.gap = special(NEGATIVE_INFINITY); }
    known.smallGap = known.gap;
  }
#endif
  return known;
}

/// The surprise −log p of a logit.
fn surpriseOf(known: Row, x: f32) -> f32 {
#if NORMALIZED
  return -x;
#else
  if (known.none || isNan(x)) { return nan(); }
  return (known.most - x) + known.logZ;
#endif
}

/// A mass times the surprise, which may be beyond f32.
fn massTimesSurprise(known: Row, mass: f32, x: f32) -> f32 {
#if !STRICT
#if !NORMALIZED
  if (isFinite(x) && !known.none) { return gapOf(mass, known.most, x) + mass * known.logZ; }
#endif
#endif
  return times(mass, surpriseOf(known, x));
}

/// A row's loss, and what its gradient is made of.
struct Result {
  loss: f32,
  /// The loss times 2^-64: finite where the loss itself is beyond f32, of which a mean may be within.
  small: f32,
  /// The loss by its two parts, mass on the label and mass that is spread.
  hotPart: f32,
  spreadPart: f32,
  pull: f32,
  push: f32,
  extra: f32,
}

fn finish(known: Row) -> Result {
  var away = 0.0;
  if (known.label >= 0) {
    away = known.most - known.logit;
    if (isNan(known.logit)) { away = nan(); }
  }
  var result: Result;
  var hotPart = times(known.hot, away);
  if (known.label < 0) { hotPart = 0.0; } else if (isFinite(known.logit)) { hotPart = gapOf(known.hot, known.most, known.logit); }
  let mass = known.hot + known.mass;
  result.pull = mass;
  result.push = known.hot;
  result.extra = 0.0;
  result.loss = mass * known.logZ + hotPart + known.gap;
  var smallHot = 0.0;
  if (known.label >= 0) { smallHot = hotPart * SMALL; }
  if (known.label >= 0 && isFinite(known.logit)) {
    smallHot = known.hot * 0x1p-63f * (0.5 * known.most - 0.5 * known.logit);
  }
  result.small = mass * SMALL * known.logZ + smallHot + known.smallGap;
  result.hotPart = select(0.0, known.hot * known.logZ + hotPart, known.kept);
  result.spreadPart = select(0.0, known.mass * known.logZ + known.gap, known.kept);
  if (known.none || isNan(known.logZ)) { result.loss = nan(); }
#if FOCAL
  let surprise = away + known.logZ;
  // Half of it, which is finite.
  var halved = 0.5 * surprise;
  if (isFinite(known.logit)) { halved = (0.5 * known.most - 0.5 * known.logit) + 0.5 * known.logZ; }
  let miss = -expm1Of(-max(surprise, 0.0));
  let factor = powerOf(miss, P.gamma);
  var ratio = 1.0;
  if (!isFinite(surprise)) { ratio = 0.0; } else if (miss != 0.0) { ratio = expOf(-max(surprise, 0.0)) * surprise / miss; }
#if STRICT
  result.loss = times(known.hot, product(factor, surprise));
#else
  result.loss = 2.0 * loose(known.hot, product(factor, halved));
  result.small = 0x1p-63f * loose(known.hot, product(factor, halved));
#endif
  result.push = known.hot * factor * (1.0 + P.gamma * ratio);
  if (isNan(surprise)) {
    result.loss = nan();
    result.push = nan();
  }
  result.pull = result.push;
#endif
  result.small = known.weight * result.small;
  if (known.none) { result.small = nan(); }
  result.loss = known.weight * result.loss;
#if Z_LOSS
  let logSum = surpriseOf(known, 0.0);
  result.loss = result.loss + known.weight * (P.zLoss * (logSum * logSum));
  result.extra = 2.0 * P.zLoss * logSum;
#endif
  if (isFinite(result.loss)) { result.small = result.loss * SMALL; }
  if (!known.kept || P.classes == 0u) {
    result.loss = 0.0;
    result.small = 0.0;
  }
  return result;
}

/// Upstream and row weight, over the divisor.
fn scaleOf(known: Row, r: u32) -> f32 {
  let o = r / P.inner;
  let i = r % P.inner;
#if UPSTREAM
  let upstream = get_upstream(P.upstream.x + o * P.upstream.y + i * P.upstream.w);
#else
  let upstream = P.upstreamNumber;
#endif
  return (upstream / divisor()) * known.weight;
}

fn divisor() -> f32 {
#if MASS
  return bitcast<f32>(b_mass[0]) + bitcast<f32>(b_mass[1]);
#else
  return P.divisor;
#endif
}

#if OUT_GRADIENT
fn putGradient(known: Row, result: Result, share: f32, scale: f32, r: u32, c: u32) {
  let o = r / P.inner;
  let i = r % P.inner;
  let x0 = logitsFrom(o, i);
  let t0 = P.targetAt.x + o * P.targetAt.y + i * P.targetAt.w;
  let raw = get_logits(x0 + c * P.logits.z);
#if TRANSFORM
  let x = transformed(raw);
#else
  let x = raw;
#endif
  let labelled = i32(c) == known.label;
  var g = 0.0;
  if (!known.kept) {
#if STRICT
#if !NORMALIZED
    if (known.none) { g = nan(); } // PyTorch: 0 · softmax(row)
#endif
#endif
  } else {
    var q = 0.0;
#if SPREAD
#if !NORMALIZED
    q = spreadOn(t0, c);
#endif
#endif
    if (labelled) { q += result.push; }
#if NORMALIZED
    g = select(0.0, -(q * scale), labelled);
#else
    let e = select(0.0, expOf(x - known.most), isFinite(x));
    let held = keep(keep(result.pull * e) - q) - q * known.rest;
    g = (held + result.extra * e) * share;
    if (known.none) { g = nan(); }
#if STRICT
    if (!isFinite(scale) && (q != 0.0 || labelled)) { g = nan(); }
    if (!isFinite(scale) && known.label >= 0 && isZero(result.push)) { g = nan(); }
#endif
#endif
#if TRANSFORM
    if (!isZero(g)) {
      let by = slopeOfTransform(raw);
      g = select(g * by, nan(), isNan(by) || isNan(g) || (isZero(by) && !isFinite(g)));
    }
#endif
  }
  put_gradient(gradientFrom(o, i) + c * P.gradient.z, g);
}
#endif

#if OUT_SEGMENTS
/// Leaves what a segment has seen.
fn leaveSegment(lane: u32, place: u32, r: u32) {
  let x0 = logitsFrom(r / P.inner, r % P.inner);
  let at = segmentAt(r, place / LANES);
#if SPREAD
  let t0 = P.targetAt.x + (r / P.inner) * P.targetAt.y + (r % P.inner) * P.targetAt.w;
  var spread = noGaps();
  let sum = gather(lane, walk(place, x0, t0, &spread));
  if (sum.some) { moveTo(&spread, sum.most); }
  let gaps = gatherGaps(lane, spread);
#else
  let sum = gather(lane, scan(place, x0, P.logits.z));
#endif
  if (lane == 0u) {
    putSum(at, sum);
    b_segments[at + 3u] = bits(begin(r).logit);
#if SPREAD
    putGaps(at, gaps);
#endif
  }
}
#endif

#if FROM_SEGMENTS
fn segmentLogit(r: u32) -> f32 {
  return bitcast<f32>(b_segments[segmentAt(r, 0u) + 3u]);
}
#endif

#if PLACED
/// A row without logits.
fn leaveOut(place: u32, r: u32) {
#if OUT_LOSS
  if (place == 0u) { put_loss(P.loss.x + (r / P.inner) * P.loss.y + (r % P.inner) * P.loss.w, 0.0); }
#endif
}
#endif

fn row(lane: u32, place: u32, r: u32) -> Result {
  let known = look(lane, place, r);
  let result = finish(known);
  let o = r / P.inner;
  let i = r % P.inner;
  let x0 = logitsFrom(o, i);
  let t0 = P.targetAt.x + o * P.targetAt.y + i * P.targetAt.w;
#if OUT_LOSS
  if (place == 0u) { put_loss(P.loss.x + o * P.loss.y + i * P.loss.w, result.loss); }
#endif
#if OUT_GRADIENT
  let scale = scaleOf(known, r);
  let share = scale / (1.0 + known.rest);
#if IN_PLACE
#if MANY
  storageBarrier();
  workgroupBarrier();
#endif
#endif
#if PLAIN
  var c = firstFour(place);
  let ordinary = known.kept && !known.none && isFinite(share) && isFinite(result.push) && isFinite(result.pull) && isFinite(result.extra);
  let g0 = gradientFrom(o, i);
  for (; ordinary && isWhole(c); c += 4u * stride()) {
    let x = fourFrom(x0, P.logits.z, c);
    if (!isOrdinary(sizesOf(x))) { break; }
    let e = expOfFour(x - vec4<f32>(known.most));
    let classes = classesOfFour(c);
    let q = select(vec4<f32>(0.0), vec4<f32>(result.push), vec4<i32>(classes) == vec4<i32>(known.label));
    let g = (keepFour(keepFour(result.pull * e) - q) - q * known.rest + result.extra * e) * share;
#if FOURS
    put4_gradient(g0 + c, g);
#else
    let at = vec4<u32>(g0) + classes * P.gradient.z;
    put_gradient(at.x, g.x);
    put_gradient(at.y, g.y);
    put_gradient(at.z, g.z);
    put_gradient(at.w, g.w);
#endif
  }
  for (; c < P.classes; c += 4u * stride()) {
    let classes = classesOfFour(c);
    for (var j = 0u; j < 4u; j++) {
      if (classes[j] < P.classes) { putGradient(known, result, share, scale, r, classes[j]); }
    }
  }
#else
  for (var c = place; c < P.classes; c += stride()) { putGradient(known, result, share, scale, r, c); }
#endif
#endif
#if OUT_TARGET_GRADIENT
  let targetScale = scaleOf(known, r);
  for (var c = lane; c < P.classes; c += LANES) {
    let x = logitAt(x0 + c * P.logits.z);
    var g = 0.0;
#if STRICT
    if (known.kept) { g = product(targetScale, massTimesSurprise(known, P.hot * weightOf(c), x)); }
#else
    if (known.kept) { g = massTimesSurprise(known, product(targetScale, P.hot * weightOf(c)), x); }
#endif
    put_targetGradient(P.targetGradient.x + o * P.targetGradient.y + c * P.targetGradient.z + i * P.targetGradient.w, g);
  }
#endif
#if OUT_STATS
  var label = known.label;
  var logit = known.logit;
#if !INDEX
  // The first largest probability stands in for the label.
  var largest = special(NEGATIVE_INFINITY);
  label = -1;
  for (var c = 0u; c < P.classes; c++) {
    let t = get_target(t0 + c * P.targetAt.z);
    if (t > largest) {
      largest = t;
      label = i32(c);
      logit = logitAt(x0 + c * P.logits.z);
    }
  }
#endif
  if (!known.kept) { label = -1; }
  var gaps = 0.0;
  var stretch = 0.0;
  var above = 0u;
  var predicted = 0xffffffffu;
  for (var c = lane; c < P.classes; c += LANES) {
    let x = logitAt(x0 + c * P.logits.z);
    if (isFinite(x) && 0.5 * known.most - 0.5 * x < 50.0) { stretch += (known.most - x) * expOf(min(0.0, x - known.most)); }
    if (((c / LANES) & 31u) == 31u) {
      gaps += stretch;
      stretch = 0.0;
    }
    if (label >= 0 && (x > logit || (x == logit && i32(c) < label))) { above += 1u; }
    if (x == known.most) { predicted = min(predicted, c); }
  }
  gaps = sumOfLanes(lane, gaps + stretch);
  above = countOfLanes(lane, above);
  predicted = minOfLanes(lane, predicted);
  if (lane == 0u) {
    put_first(P.first.x + o * P.first.y + i * P.first.w, statistics(known, label, logit, gaps, above, predicted, 0u));
    put_second(P.second.x + o * P.second.y + i * P.second.w, statistics(known, label, logit, gaps, above, predicted, 1u));
    put_third(P.third.x + o * P.third.y + i * P.third.w, statistics(known, label, logit, gaps, above, predicted, 2u));
  }
#endif
  return result;
}

#if OUT_STATS
fn statistics(known: Row, label: i32, logit: f32, gaps: f32, above: u32, predicted: u32, which: u32) -> f32 {
#if WHOLE_STATISTICS
  if (which == 0u) { return select(f32(predicted), -1.0, known.none); }
  if (which == 1u) { return select(f32(above + 1u), 0.0, known.none || label < 0); }
  if (label < 0) { return 0.0; }
  if (known.none || isNan(logit)) { return nan(); }
  if (!isFinite(logit)) { return 0.0; }
  return expOf(logit - known.most) / (1.0 + known.rest);
#else
  if (known.none) { return nan(); }
  if (which == 0u) { return known.most; }
  if (which == 1u) { return known.logZ; }
  return known.logZ + gaps / (1.0 + known.rest);
#endif
}
#endif

#if OUT_PARTIAL
/// A group's part of the total: the sum as two numbers, the same of losses so small that they cannot overflow together, and the
/// sums of both parts of losses.
fn storePartial(at: u32, sum: vec2<f32>, small: f32, hotPart: f32, spreadPart: f32) {
  b_partial[5u * at] = bits(sum.x);
  b_partial[5u * at + 1u] = bits(sum.y);
  b_partial[5u * at + 2u] = bits(small);
  b_partial[5u * at + 3u] = bits(hotPart);
  b_partial[5u * at + 4u] = bits(spreadPart);
}
#endif

#if MANY
@compute @workgroup_size(LANES)
#if SUBGROUPS
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_id) own: u32,
  @builtin(num_subgroups) all: u32,
) {
  ownSubgroup = own;
  subgroups = all;
#else
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
#endif
  let at = group.y * P.groupsX + group.x;
#if SEGMENTS
  let r = at / P.shares;
  let place = (at % P.shares) * LANES + lane;
  if (r < P.rows) {
#if PLACED
    if (isLeftOut(r)) {
      leaveOut(place, r);
#if OUT_PARTIAL
      if (place == 0u) { storePartial(P.partialAt + r, vec2<f32>(0.0), 0.0, 0.0, 0.0); }
#endif
      return;
    }
#endif
#if OUT_SEGMENTS
    leaveSegment(lane, place, r);
#else
    let result = row(lane, place, r);
#if OUT_PARTIAL
    if (place == 0u) {
      storePartial(P.partialAt + r, vec2<f32>(result.loss, 0.0), result.small, result.hotPart, result.spreadPart);
    }
#endif
#endif
  }
#else
  var sum = vec2<f32>(0.0, 0.0);
  var other = vec3<f32>(0.0, 0.0, 0.0);
  for (var r = at * P.rowsEach; r < min(P.rows, (at + 1u) * P.rowsEach); r++) {
#if PLACED
    if (isLeftOut(r)) {
      leaveOut(lane, r);
      continue;
    }
#endif
    let result = row(lane, lane, r);
    sum = addTo(sum, result.loss);
    other = other + vec3<f32>(result.small, result.hotPart, result.spreadPart);
  }
#if OUT_PARTIAL
  if (lane == 0u && at * P.rowsEach < P.rows) { storePartial(P.partialAt + at, sum, other.x, other.y, other.z); }
#endif
#endif
}
#else
@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let at = group.y * P.groupsX + group.x;
  var sum = vec2<f32>(0.0, 0.0);
  var other = vec3<f32>(0.0, 0.0, 0.0);
#if FOUR_ROWS
  var all: Losses;
  let first = at * P.rowsEach * GROUP + 4u * local;
  var k = 0u;
  for (; k < P.rowsEach; k += 4u) {
    let r = first + k * GROUP;
    if (r + 3u >= P.rows || !fourRows(r, &all)) { break; }
  }
  // From the first that are not ordinary, or not four, one by one.
  for (; k < P.rowsEach; k++) {
    let r = first + (k & ~3u) * GROUP + (k & 3u);
    if (r < P.rows) {
      let result = row(0u, 0u, r);
      sum = addTo(sum, result.loss);
      other = other + vec3<f32>(result.small, result.hotPart, result.spreadPart);
    }
  }
  for (var j = 0u; j < 4u; j++) {
    sum = addTo(sum, all.losses.sum[j]);
    sum.y = sum.y + all.losses.lost[j];
    other = other + vec3<f32>(all.small[j], all.hotPart[j], 0.0);
  }
#else
  for (var k = 0u; k < P.rowsEach; k++) {
    let r = (at * P.rowsEach + k) * GROUP + local;
    if (r < P.rows) {
#if PLACED
      if (isLeftOut(r)) {
        leaveOut(0u, r);
        continue;
      }
#endif
      let result = row(0u, 0u, r);
      sum = addTo(sum, result.loss);
      other = other + vec3<f32>(result.small, result.hotPart, result.spreadPart);
    }
  }
#endif
#if OUT_PARTIAL
  let totals = totalOfGroup(local, Totals(sum, other, 0u));
  if (local == 0u && at * P.rowsEach * GROUP < P.rows) {
    storePartial(P.partialAt + at, totals.sum, totals.others.x, totals.others.y, totals.others.z);
  }
#endif
}
#endif
