// The plain loss of four rows at a time, of which each has one component of the vectors. NEIGHBOURS: their logits are neighbours.

fn logitsAt(at: vec4<u32>) -> vec4<f32> {
#if NEIGHBOURS
  return masked(get4_logits(at.x));
#else
  return masked(vec4<f32>(get_logits(at.x), get_logits(at.y), get_logits(at.z), get_logits(at.w)));
#endif
}

/// Sums of losses, and what else `storePartial` takes.
struct Losses {
  losses: SumsOfFour,
  small: vec4<f32>,
  hotPart: vec4<f32>,
}

/// The indices of rows' classes; −1 where a row is left out.
fn labelsAt(at: vec4<u32>) -> vec4<i32> {
  let y = vec4<u32>(class_target(at.x), class_target(at.y), class_target(at.z), class_target(at.w));
  return select(vec4<i32>(y), vec4<i32>(-1), (y >= vec4<u32>(P.classes)) | isIgnored(y));
}

/// Adds four rows from r on, and writes what belongs to them; false, with nothing done, if not all of their numbers are ordinary.
fn fourRows(r: u32, all: ptr<function, Losses>) -> bool {
  let rows = vec4<u32>(r, r + 1u, r + 2u, r + 3u);
  let o = rows / P.inner;
  let i = rows - o * P.inner;
  let x0 = P.logits.x + o * P.logits.y + i * P.logits.w;
  let t0 = P.targetAt.x + o * P.targetAt.y + i * P.targetAt.w;
  let label = labelsAt(t0);
  var kept = label >= vec4<i32>(0);
  var hot = vec4<f32>(P.hot);
  var factor = vec4<f32>(1.0);
#if WEIGHT
  let y = vec4<u32>(max(label, vec4<i32>(0)));
  hot = P.hot * vec4<f32>(weightOf(y.x), weightOf(y.y), weightOf(y.z), weightOf(y.w));
#endif
#if ROW_WEIGHT
  let w = P.rowWeight.x + o * P.rowWeight.y + i * P.rowWeight.w;
  factor = vec4<f32>(get_rowWeight(w.x), get_rowWeight(w.y), get_rowWeight(w.z), get_rowWeight(w.w));
  kept = kept & (sizesOf(factor) != vec4<u32>(0u));
#endif
  var part = firstOfFours(logitsAt(x0));
#if NEIGHBOURS
  var logit = part.most;
#else
  let mine = x0 + vec4<u32>(max(label, vec4<i32>(0))) * P.logits.z;
  let logit = logitsAt(mine);
#endif
  var c = 1u;
  while (c < P.classes) {
    for (var k = 0u; k < 8u && c < P.classes; k++) {
      let x = logitsAt(x0 + c * P.logits.z);
#if NEIGHBOURS
      logit = select(logit, x, label == vec4<i32>(i32(c)));
#endif
      takeFours(&part, x);
      c++;
    }
    endStretch(&part);
  }
  let most = part.most;
  let rest = part.rest;
  var largest = max(part.largest, max(sizesOf(hot), sizesOf(factor)));
#if OUT_GRADIENT
#if UPSTREAM
  let u = P.upstream.x + o * P.upstream.y + i * P.upstream.w;
  let upstream = vec4<f32>(get_upstream(u.x), get_upstream(u.y), get_upstream(u.z), get_upstream(u.w));
#else
  let upstream = vec4<f32>(P.upstreamNumber);
#endif
  let scale = (upstream / divisor()) * factor;
  largest = max(largest, sizesOf(scale));
#endif
  if (!isOrdinary(largest) || any(min(most, logit) <= vec4<f32>(MASKED))) { return false; }
  let logZ = log1pOfFour(rest);
  let hotPart = select(vec4<f32>(0.0), hot * logZ + hot * (most - logit), kept);
  let loss = factor * hotPart;
  (*all).losses = addFour((*all).losses, loss);
  (*all).small = (*all).small + loss * SMALL;
  (*all).hotPart = (*all).hotPart + hotPart;
#if OUT_LOSS
  let to = P.loss.x + o * P.loss.y + i * P.loss.w;
  put_loss(to.x, loss.x);
  put_loss(to.y, loss.y);
  put_loss(to.z, loss.z);
  put_loss(to.w, loss.w);
#endif
#if OUT_GRADIENT
  let share = scale / (1.0 + rest);
  let g0 = P.gradient.x + o * P.gradient.y + i * P.gradient.w;
  for (var c = 0u; c < P.classes; c++) {
    let e = expOfFour(logitsAt(x0 + c * P.logits.z) - most);
    let q = select(vec4<f32>(0.0), hot, label == vec4<i32>(i32(c)));
    let g = select(vec4<f32>(0.0), (keepFour(keepFour(hot * e) - q) - q * rest) * share, kept);
    let at = g0 + c * P.gradient.z;
#if NEIGHBOURS
    put4_gradient(at.x, g);
#else
    put_gradient(at.x, g.x);
    put_gradient(at.y, g.y);
    put_gradient(at.z, g.z);
    put_gradient(at.w, g.w);
#endif
  }
#endif
  return true;
}
