// Four neighbours of dense operands: the binary loss of logits.

/// Adds or writes what belongs to them; false, with nothing done, if not all of them are ordinary.
fn fourElements(at: u32, sums: ptr<function, SumsOfFour>) -> bool {
  let x = get4_a(P.a.x + at);
  let t = get4_b(P.b.x + at);
  let e = expOfFour(-abs(x));
#if OUT_GRADIENT
#if UPSTREAM
  let scale = get4_upstream(P.upstream.x + at) * P.scale;
#else
  let scale = vec4<f32>(P.upstreamNumber * P.scale);
#endif
  let sizes = max(max(sizesOf(x), sizesOf(t)), sizesOf(scale));
#else
  let sizes = max(sizesOf(x), sizesOf(t));
#endif
  if (!isOrdinary(sizes)) { return false; }
  let rest = log1pOfFourUnits(e);
  let zero = vec4<f32>(0.0);
  let value = t * (max(-x, zero) + rest) + (1.0 - t) * (max(x, zero) + rest);
#if TOTAL
  *sums = addFour(*sums, value);
#else
  put4_output(P.output.x + at, value * P.scale);
#endif
#if OUT_GRADIENT
  let share = 1.0 / (1.0 + e);
  let high = share;
  let low = e * share;
  let above = x >= zero;
  let slope = (1.0 - t) * select(low, high, above) - t * select(high, low, above);
  put4_gradient(P.gradient.x + at, scale * slope);
#endif
  return true;
}
