// One row for each invocation, or for each workgroup.

#if MANY
@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let r = group.y * P.groupsX + group.x;
  if (r >= P.rows) { return; }
  row(lane, r);
}
#else
@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let r = (group.y * P.groupsX + group.x) * GROUP + local;
  if (r >= P.rows) { return; }
  row(0u, r);
}
#endif
