// Rows that are kept, brought together; or back to where they were, with 0 for those that are left out.

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let at = (group.y * P.groupsX + group.x) * GROUP + local;
  let r = at / P.columns;
  let c = at % P.columns;
  if (r >= P.rows) { return; }
  let place = b_place[P.first + r];
  let together = place * P.features + P.fromColumn + c;
#if BACK
  var value = 0.0;
  if (place != LEFT_OUT) { value = bitcast<f32>(b_together[together]); }
  put_apart(P.apart.x + r * P.apart.y + c * P.apart.z, value);
#else
  if (place != LEFT_OUT) { b_together[together] = bits(get_apart(P.apart.x + r * P.apart.y + c * P.apart.z)); }
#endif
}
