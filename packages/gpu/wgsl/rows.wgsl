// One row for each invocation, or for each workgroup, or part of one.

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
  if (at / P.shares < P.rows) { row(lane, (at % P.shares) * LANES + lane, at / P.shares); }
#else
  for (var r = at * P.rowsEach; r < min(P.rows, (at + 1u) * P.rowsEach); r++) { row(lane, lane, r); }
#endif
}
#else
@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let at = group.y * P.groupsX + group.x;
  for (var k = 0u; k < P.rowsEach; k++) {
    let r = (at * P.rowsEach + k) * GROUP + local;
    if (r < P.rows) { row(0u, 0u, r); }
  }
}
#endif
