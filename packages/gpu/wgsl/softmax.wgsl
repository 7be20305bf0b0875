// softmax, log-softmax or log-sum-exp of rows; with UPSTREAM, the gradient by the input.

fn row(lane: u32, r: u32) {
  let o = r / P.inner;
  let i = r % P.inner;
  let x0 = P.input.x + o * P.input.y + i * P.input.w;
  var part = Sum(0.0, 0.0, 0.0, 0u, false, false);
  var infinite = false;
  var notNumber = false;
  for (var c = lane; c < P.classes; c += 4u * LANES) {
    var x = vec4<f32>(special(NEGATIVE_INFINITY));
    x.x = get_input(x0 + c * P.input.z);
    if (c + LANES < P.classes) { x.y = get_input(x0 + (c + LANES) * P.input.z); }
    if (c + 2u * LANES < P.classes) { x.z = get_input(x0 + (c + 2u * LANES) * P.input.z); }
    if (c + 3u * LANES < P.classes) { x.w = get_input(x0 + (c + 3u * LANES) * P.input.z); }
    takeFour(&part, x);
#if LOG_SUM_EXP
    let u = bitcast<vec4<u32>>(x);
    infinite = infinite || any(u == vec4<u32>(INFINITY));
    notNumber = notNumber || any((u & vec4<u32>(0x7fffffffu)) > vec4<u32>(INFINITY));
#endif
  }
  let sum = gather(lane, part);
#if LOG_SUM_EXP
  infinite = orOfLanes(lane, select(0u, 1u, infinite)) != 0u;
  notNumber = orOfLanes(lane, select(0u, 1u, notNumber)) != 0u;
#endif
  let none = sum.bad || !sum.some; // no softmax
#if LOG_SUM_EXP
  // Of a row without a finite maximum it is that maximum, and its gradient e^(x − max).
#if UPSTREAM
  let g = get_upstream(P.upstream.x + o * P.upstream.y + i * P.upstream.w);
  for (var c = lane; c < P.classes; c += LANES) {
    let x = get_input(x0 + c * P.input.z);
    var y = 0.0;
    if (none) {
      y = select(0.0, nan(), notNumber || !infinite || bits(x) == INFINITY);
    } else if (isFinite(x)) {
      y = expOf(x - sum.most) / (1.0 + sum.rest);
    }
    put_output(P.output.x + o * P.output.y + c * P.output.z + i * P.output.w, product(g, y));
  }
#else
  if (lane == 0u) {
    var y = sum.most + log1pOf(sum.rest);
    if (none) { y = select(select(special(NEGATIVE_INFINITY), infinity(), infinite), nan(), notNumber); }
    put_output(P.output.x + o * P.output.y + i * P.output.w, y);
  }
#endif
#else
  let share = 1.0 / (1.0 + sum.rest);
#if UPSTREAM
  let g0 = P.upstream.x + o * P.upstream.y + i * P.upstream.w;
  var dot = 0.0;
  var stretch = 0.0;
  var count = 0u;
  for (var c = lane; c < P.classes; c += LANES) {
    let g = get_upstream(g0 + c * P.upstream.z);
#if SOFTMAX
    let x = get_input(x0 + c * P.input.z);
    stretch += product(g, select(0.0, expOf(x - sum.most), isFinite(x)));
#else
    stretch += g;
#endif
    count += 1u;
    if ((count & 31u) == 0u) {
      dot += stretch;
      stretch = 0.0;
    }
  }
  dot = sumOfLanes(lane, dot + stretch);
#endif
#if !UPSTREAM
#if !SOFTMAX
  let logZ = log1pOf(sum.rest);
#endif
#endif
  for (var c = lane; c < P.classes; c += LANES) {
    let x = get_input(x0 + c * P.input.z);
    var y = select(0.0, expOf(x - sum.most) * share, isFinite(x));
#if UPSTREAM
    let g = get_upstream(g0 + c * P.upstream.z);
#if SOFTMAX
    y = product(y, g - dot * share);
#else
    y = g - product(y, dot);
#endif
#else
#if !SOFTMAX
    y = select(special(NEGATIVE_INFINITY), (x - sum.most) - logZ, isFinite(x));
#endif
#endif
    if (none) { y = nan(); }
    put_output(P.output.x + o * P.output.y + c * P.output.z + i * P.output.w, y);
  }
#endif
}
