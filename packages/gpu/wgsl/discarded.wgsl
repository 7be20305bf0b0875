// What the gradient filter has left out of all rows, in one workgroup.

var<workgroup> ofLane: array<vec2<f32>, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = vec2<f32>(0.0, 0.0);
  for (var r = local; r < P.rows; r += LANES) { sum = addTo(sum, bitcast<f32>(b_masses[r])); }
  ofLane[local] = sum;
  workgroupBarrier();
  if (local != 0u) { return; }
  var total = vec2<f32>(0.0, 0.0);
  for (var k = 0u; k < LANES; k++) {
    total = addTo(total, ofLane[k].x);
    total.y += ofLane[k].y;
  }
  put_discarded(P.discarded.x, total.x + total.y);
}
