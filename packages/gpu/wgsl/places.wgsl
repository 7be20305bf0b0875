// Of each row of a block its number among those that are kept, or that it is left out; and how many are kept. A workgroup for a block, of
// which each invocation has neighbouring rows.

var<workgroup> keptBy: array<u32, GROUP>;

fn isKept(r: u32) -> bool {
#if ROW_WEIGHT
  if (isZero(get_rowWeight(P.rowWeight.x + r * P.rowWeight.y))) { return false; }
#endif
  let index = index_target(P.targetAt.x + r * P.targetAt.y);
  return !(index.x == P.ignore.x && index.y == P.ignore.y) && index.y == 0u && index.x < P.classes;
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let block = group.y * P.groupsX + group.x;
  let first = block * P.size;
  if (first >= max(P.rows, 1u)) { return; } // of no row at all none is kept
  let end = min(P.rows, first + P.size);
  let each = (end - first + GROUP - 1u) / GROUP;
  let own = first + local * each;
  var count = 0u;
  for (var r = own; r < min(end, own + each); r++) { count += select(0u, 1u, isKept(r)); }
  keptBy[local] = count;
  workgroupBarrier();
  var at = 0u;
  for (var k = 0u; k < local; k++) { at += keptBy[k]; }
  for (var r = own; r < min(end, own + each); r++) {
    let kept = isKept(r);
    b_place[r] = select(LEFT_OUT, at, kept);
    at += select(0u, 1u, kept);
  }
  if (local == GROUP - 1u) { b_counts[block] = at; }
}
