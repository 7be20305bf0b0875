// Σ rowWeight · weight[y] over rows that count, and how many they are. PARTS: a part for each workgroup; then all parts, in one
// workgroup, which also says of the first bad index what it is.

#if PARTS
@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  var mass = vec2<f32>(0.0, 0.0);
  var count = 0u;
  for (var r = group.x * GROUP + local; r < P.rows; r += P.groupsX * GROUP) {
    let o = r / P.inner;
    let i = r % P.inner;
    var each = 1.0;
#if ROW_WEIGHT
    each = get_rowWeight(P.rowWeight.x + o * P.rowWeight.y + i * P.rowWeight.w);
#endif
    if (isZero(each)) { continue; }
#if INDEX
    let index = index_target(P.targetAt.x + o * P.targetAt.y + i * P.targetAt.w);
    if (index.x == P.ignore.x && index.y == P.ignore.y) { continue; }
    if (index.y != 0u || index.x >= P.classes) {
      atomicMin(&b_status[4u * P.slot], r);
      continue;
    }
#if WEIGHT
    each = each * get_weight(P.weight.x + index.x * P.weight.z);
#endif
#endif
#if WEIGHTED
    mass = addTo(mass, each);
#endif
    count += 1u;
  }
#if !WEIGHTED
  mass = vec2<f32>(f32(count), 0.0);
#endif
  let masses = sumOfGroup(local, mass);
  let kept = countOfGroup(local, count);
  if (local == 0u) {
    b_partial[4u * group.x] = bits(masses.x);
    b_partial[4u * group.x + 1u] = bits(masses.y);
    b_partial[4u * group.x + 2u] = kept;
  }
}
#else
@compute @workgroup_size(1)
fn main() {
  var mass = vec2<f32>(0.0, 0.0);
  var count = 0u;
  for (var at = 0u; at < P.count; at++) {
    mass = addTo(mass, bitcast<f32>(b_partial[4u * at]));
    mass.y = mass.y + bitcast<f32>(b_partial[4u * at + 1u]);
    count += b_partial[4u * at + 2u];
  }
  b_mass[0] = bits(mass.x);
  b_mass[1] = bits(select(mass.y, 0.0, !isFinite(mass.x)));
  b_mass[2] = count;
  b_mass[3] = 0u;
  let bad = atomicLoad(&b_status[4u * P.slot]);
#if INDEX
  if (bad != 0xffffffffu) {
    let o = bad / P.inner;
    let i = bad % P.inner;
    let index = index_target(P.targetAt.x + o * P.targetAt.y + i * P.targetAt.w);
    atomicStore(&b_status[4u * P.slot + 1u], 1u);
    atomicStore(&b_status[4u * P.slot + 2u], index.x);
    atomicStore(&b_status[4u * P.slot + 3u], index.y);
    return;
  }
#endif
#if MUST_KEEP
  if (count == 0u) {
    atomicStore(&b_status[4u * P.slot], 0u);
    atomicStore(&b_status[4u * P.slot + 1u], 2u);
  }
#endif
}
#endif
