// Says of the first bad index what it is.

@compute @workgroup_size(1)
fn main() {
  let bad = atomicLoad(&b_status[4u * P.slot]);
  if (bad == 0xffffffffu) { return; }
  let o = bad / P.wholeInner - P.fromOuter;
  let i = bad % P.wholeInner - P.fromInner;
  if (o >= P.outer || i >= P.inner) { return; } // of another piece
  let index = index_indices(P.indices.x + o * P.indices.y + i * P.indices.w);
  atomicStore(&b_status[4u * P.slot + 1u], 1u);
  atomicStore(&b_status[4u * P.slot + 2u], index.x);
  atomicStore(&b_status[4u * P.slot + 3u], index.y);
}
