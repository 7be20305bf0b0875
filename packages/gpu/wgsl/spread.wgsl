// What smoothing spreads over all classes, or probabilities give: masses q_j, and Σ q_j·(m − x_j).

#if SPREAD
/// Mass that is spread on class c.
fn spreadOn(t0: u32, c: u32) -> f32 {
#if INDEX
  return P.base * weightOf(c);
#else
  return weightOf(c) * (P.hot * get_target(t0 + c * P.targetAt.z) + P.base);
#endif
}

/// Masses and Σ q·(reference − x) of a row so far, in stretches; the same times 2^-64, for where it is beyond f32.
struct Gaps {
  mass: f32,
  gap: f32,
  masses: f32,
  gaps: f32,
  small: f32,
  reference: f32,
  count: u32,
  /// 1: a gap of ∞, 2: one of −∞, 4: 0·∞; and the largest logit with a mass of ∞.
  infinite: u32,
  infiniteAt: f32,
}

fn moveTo(g: ptr<function, Gaps>, most: f32) {
  let by = 0.5 * most - 0.5 * (*g).reference;
  (*g).gaps = (*g).gaps + 2.0 * ((*g).masses * by);
  (*g).gap = (*g).gap + 2.0 * ((*g).mass * by);
  (*g).small = (*g).small + ((*g).mass + (*g).masses) * 0x1p-63f * by;
  (*g).reference = most;
}

fn addGap(g: ptr<function, Gaps>, q: f32, x: f32) {
  (*g).masses = (*g).masses + q;
  if (isFinite(x) && isFinite(q)) {
#if !STRICT
    (*g).gaps = (*g).gaps + gapOf(q, (*g).reference, x);
    (*g).small = (*g).small + q * 0x1p-63f * (0.5 * (*g).reference - 0.5 * x);
#endif
    return;
  }
  if (isNan(x)) {
    (*g).infinite = (*g).infinite | 4u;
  } else if (isNan(q)) {
    (*g).infinite = (*g).infinite | 4u;
  } else if (isFinite(x)) {
    // ∞ times a gap that is 0 at the largest logit, which is not known yet.
    (*g).infinite = (*g).infinite | select(2u, 1u, (bits(q) >> 31u) == 0u);
    (*g).infiniteAt = max((*g).infiniteAt, x);
  } else if (!isZero(q)) {
    (*g).infinite = (*g).infinite | select(2u, 1u, (bits(q) >> 31u) != (bits(x) >> 31u));
  } else {
#if STRICT
    (*g).infinite = (*g).infinite | 4u;
#endif
  }
}

fn noGaps() -> Gaps {
  var spread: Gaps;
  spread.infiniteAt = -LARGEST;
  return spread;
}

/// Goes through a row's logits.
fn walk(place: u32, x0: u32, t0: u32, gaps: ptr<function, Gaps>) -> Sum {
  var part = Sum(0.0, 0.0, 0.0, 0u, false, false, false);
  var spread = noGaps();
  for (var c = place; c < P.classes; c += 4u * stride()) {
    let left = (P.classes - c - 1u) / stride(); // classes of these four beyond the first, if it is less than three
    var x = vec4<f32>(special(NEGATIVE_INFINITY));
    x.x = logitAt(x0 + c * P.logits.z);
    if (left >= 1u) { x.y = logitAt(x0 + (c + stride()) * P.logits.z); }
    if (left >= 2u) { x.z = logitAt(x0 + (c + 2u * stride()) * P.logits.z); }
    if (left >= 3u) { x.w = logitAt(x0 + (c + 3u * stride()) * P.logits.z); }
#if !NORMALIZED
    takeFour(&part, x);
#endif
#if !STRICT
#if !NORMALIZED
    if (part.some && part.most != spread.reference) { moveTo(&spread, part.most); }
#endif
#endif
    addGap(&spread, spreadOn(t0, c), x.x);
    if (left >= 1u) { addGap(&spread, spreadOn(t0, c + stride()), x.y); }
    if (left >= 2u) { addGap(&spread, spreadOn(t0, c + 2u * stride()), x.z); }
    if (left >= 3u) { addGap(&spread, spreadOn(t0, c + 3u * stride()), x.w); }
    spread.count = spread.count + 1u;
    if ((spread.count & 7u) == 0u) {
      spread.mass = spread.mass + spread.masses;
      spread.gap = spread.gap + spread.gaps;
      spread.masses = 0.0;
      spread.gaps = 0.0;
    }
  }
  *gaps = spread;
  return part;
}

#if OUT_SEGMENTS
/// Masses and gaps of all lanes, which have moved to the same reference.
fn gatherGaps(lane: u32, part: Gaps) -> Gaps {
  var all = noGaps();
  all.mass = sumOfLanes(lane, part.mass + part.masses);
  all.gap = sumOfLanes(lane, part.gap + part.gaps);
  all.small = sumOfLanes(lane, part.small);
  all.infinite = orOfLanes(lane, part.infinite);
  all.infiniteAt = mostOfLanes(lane, part.infiniteAt);
  return all;
}

fn putGaps(at: u32, gaps: Gaps) {
  b_segments[at + 4u] = bits(gaps.mass);
  b_segments[at + 5u] = bits(gaps.gap);
  b_segments[at + 6u] = bits(gaps.small);
  b_segments[at + 7u] = gaps.infinite;
  b_segments[at + 8u] = bits(gaps.infiniteAt);
}
#endif

#if FROM_SEGMENTS
/// The lane's part of masses and gaps: one segment's, or none.
fn segmentGaps(lane: u32, r: u32, gaps: ptr<function, Gaps>) {
  if (lane >= P.segments) { return; }
  let at = segmentAt(r, lane);
  (*gaps).reference = bitcast<f32>(b_segments[at]);
  (*gaps).mass = bitcast<f32>(b_segments[at + 4u]);
  (*gaps).gap = bitcast<f32>(b_segments[at + 5u]);
  (*gaps).small = bitcast<f32>(b_segments[at + 6u]);
  (*gaps).infinite = b_segments[at + 7u];
  (*gaps).infiniteAt = bitcast<f32>(b_segments[at + 8u]);
}
#endif
#endif
