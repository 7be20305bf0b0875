// Says of the first probability outside [0, 1] what it is.

@compute @workgroup_size(1)
fn main() {
  let bad = atomicLoad(&b_status[4u * P.slot]);
  if (bad == 0xffffffffu) { return; }
  let i = bad % P.wholeInner - P.fromInner;
  let c = (bad / P.wholeInner) % P.wholeClasses - P.fromClasses;
  let o = bad / (P.wholeInner * P.wholeClasses) - P.fromOuter;
  if (o >= P.outer || c >= P.classes || i >= P.inner) { return; } // of another piece
  atomicStore(&b_status[4u * P.slot + 1u], 3u);
  atomicStore(&b_status[4u * P.slot + 2u], bits(get_a(P.a.x + o * P.a.y + c * P.a.z + i * P.a.w)));
}
