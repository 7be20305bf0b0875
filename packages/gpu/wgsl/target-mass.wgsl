// Σ rowWeight · weight[y] over rows that count, and how many they are. PARTS: a part for each workgroup; then all parts, in one
// workgroup, which also says of the first bad index what it is.

#if PARTS
@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  var mass = vec2<f32>(0.0, 0.0);
  var count = 0u;
  var start = group.x * GROUP + local;
#if !WEIGHTED
#if INDEX
  // Four at a time, as long as no index is bad.
  let step = P.groupsX * GROUP;
  var counts = vec4<u32>(0u);
  for (; start + 3u * step < P.rows; start += 4u * step) {
    let rows = vec4<u32>(start, start + step, start + 2u * step, start + 3u * step);
    let o = rows / P.inner;
    let at = P.targetAt.x + o * P.targetAt.y + (rows - o * P.inner) * P.targetAt.w;
    let y = vec4<u32>(class_target(at.x), class_target(at.y), class_target(at.z), class_target(at.w));
    let ignored = isIgnored(y);
    if (any((y >= vec4<u32>(P.classes)) & !ignored)) { break; }
    counts = counts + select(vec4<u32>(1u), vec4<u32>(0u), ignored);
  }
  count = counts.x + counts.y + counts.z + counts.w;
#endif
#endif
  for (var r = start; r < P.rows; r += P.groupsX * GROUP) {
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
      atomicMin(&b_status[4u * P.slot], (P.fromOuter + o) * P.wholeInner + P.fromInner + i);
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
  let totals = totalOfGroup(local, Totals(mass, vec3<f32>(0.0), count));
  if (local == 0u) {
    let to = 4u * (P.partialAt + group.x);
    b_partial[to] = bits(totals.sum.x);
    b_partial[to + 1u] = bits(totals.sum.y);
    b_partial[to + 2u] = totals.count;
  }
}
#else
@compute @workgroup_size(GROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var own = vec2<f32>(0.0, 0.0);
  var kept = 0u;
  for (var at = local; at < P.count; at += GROUP) {
    own = addTo(own, bitcast<f32>(b_partial[4u * at]));
    own.y = own.y + bitcast<f32>(b_partial[4u * at + 1u]);
    kept += b_partial[4u * at + 2u];
  }
  let totals = totalOfGroup(local, Totals(own, vec3<f32>(0.0), kept));
  if (local > 0u) { return; }
  let mass = totals.sum;
  let count = totals.count;
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
  if (count == 0u && bad == 0xffffffffu) {
    atomicStore(&b_status[4u * P.slot], 0u);
    atomicStore(&b_status[4u * P.slot + 1u], 2u);
  }
#endif
}
#endif
