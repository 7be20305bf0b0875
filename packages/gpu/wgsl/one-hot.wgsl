// 1 at each row's index, 0 elsewhere.

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let at = (group.y * P.groupsX + group.x) * GROUP + local;
  if (at >= P.count) { return; }
  // Element (o, c, i) of a dense output.
  let i = at % P.inner;
  let c = (at / P.inner) % P.classes;
  let label = P.fromClasses + c;
  let o = at / (P.inner * P.classes);
  let index = index_indices(P.indices.x + o * P.indices.y + i * P.indices.w);
  if (label == 0u && (index.y != 0u || index.x >= P.wholeClasses)) {
    atomicMin(&b_status[4u * P.slot], (P.fromOuter + o) * P.wholeInner + P.fromInner + i);
  }
  let one = index.y == 0u && index.x == label;
  put_output(P.output.x + o * P.output.y + c * P.output.z + i * P.output.w, select(0.0, 1.0, one));
}
