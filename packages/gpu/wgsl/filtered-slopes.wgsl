// Gradients of the logits become 0 in the spans that the gradient filter leaves out.

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let spans = (P.classes + SPAN - 1u) / SPAN;
  let at = (group.y * P.groupsX + group.x) * GROUP + local;
  let r = at / spans;
  let k = at % spans;
  if (r >= b_counts[P.block] || b_spans[2u * at] == 0u) { return; }
  for (var c = k * SPAN; c < min(P.classes, (k + 1u) * SPAN); c++) { b_slopes[r * P.classes + c] = bits(0.0); }
}
