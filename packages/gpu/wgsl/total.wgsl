// The sum of all parts (see cross-entropy.wgsl), over the divisor.

@compute @workgroup_size(GROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = vec2<f32>(0.0, 0.0);
  var other = vec3<f32>(0.0, 0.0, 0.0);
  for (var at = local; at < P.count; at += GROUP) {
    sum = addTo(sum, partAt(at, 0u));
    sum.y = sum.y + partAt(at, 1u);
    other = other + vec3<f32>(partAt(at, 2u), partAt(at, 3u), partAt(at, 4u));
  }
  let totals = totalOfGroup(local, Totals(sum, other, 0u));
  if (local != 0u) { return; }
  let all = totals.sum;
  let others = totals.others;
  let total = select(all.x + all.y, all.x, !isFinite(all.x));
#if MASS
  let kept = b_mass[2];
  let by = bitcast<f32>(b_mass[0]) + bitcast<f32>(b_mass[1]);
#else
  let kept = P.kept;
  let by = P.divisor;
#endif
  var loss = over(total * P.scale, by);
#if !STRICT
  if (!isFinite(total) && isFinite(others.x)) { loss = over(others.x * P.scale, by) * 0x1p+64f; }
#endif
#if PARTS
  // At a divisor of 0 each part is ±∞ or 0/0, and they may cancel.
  if (isZero(by)) { loss = plus(over(others.y, by), over(others.z, by)); }
#endif
  if (kept == 0u) { loss = P.empty; }
  put_loss(P.loss.x, loss);
}

fn partAt(at: u32, which: u32) -> f32 {
  return bitcast<f32>(b_partial[5u * at + which]);
}

/// a/b as IEEE 754 has it.
fn over(a: f32, b: f32) -> f32 {
  if (isNan(a) || isNan(b) || (isZero(a) && isZero(b)) || (!isFinite(a) && !isFinite(b))) { return nan(); }
  if (isZero(b) || !isFinite(a)) { return special(INFINITY | ((bits(a) ^ bits(b)) & 0x80000000u)); }
  return a / b;
}
