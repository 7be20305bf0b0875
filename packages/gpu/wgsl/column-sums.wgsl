// Sums of a matrix's columns, over as many rows as are kept in a block: the gradient of a bias.

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let c = (group.y * P.groupsX + group.x) * GROUP + local;
  if (c >= P.classes) { return; }
  var sum = vec2<f32>(0.0, 0.0);
#if ACCUMULATE
  sum = vec2<f32>(bitcast<f32>(b_sums[2u * c]), bitcast<f32>(b_sums[2u * c + 1u]));
#endif
  for (var r = 0u; r < b_counts[P.block]; r++) { sum = addTo(sum, bitcast<f32>(b_slopes[r * P.classes + c])); }
  b_sums[2u * c] = bits(sum.x);
  b_sums[2u * c + 1u] = bits(sum.y);
#if LAST
  put_output(P.output.x + c * P.output.z, select(sum.x + sum.y, sum.x, !isFinite(sum.x)));
#endif
}
