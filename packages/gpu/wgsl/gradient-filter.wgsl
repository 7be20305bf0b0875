// Spans of classes that the gradient filter leaves out [Cut Your Losses in Large-Vocabulary Language Models, arXiv 2411.09009]: all of
// whose probabilities p_j = exp(x_j − max) / z are below a bound, but for the span of the label. A workgroup for a row, of which each lane has
// every so manieth span. 1: the maximum. 2: of each span the sum of exp(x_j − max) and its largest, and z. 3: which are left out, and how much
// that is.

var<workgroup> ofLane: array<f32, LANES>;

/// Whether a lane has seen NaN or +∞: then there is no probability.
var<workgroup> oddLanes: array<u32, LANES>;

fn logitOf(row: u32, c: u32) -> f32 {
  let x = bitcast<f32>(b_slopes[row * P.classes + c]);
#if TRANSFORM
  return transformed(x);
#else
  return x;
#endif
}

fn isOdd(x: f32) -> bool {
  return isNan(x) || bits(x) == INFINITY;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let r = group.y * P.groupsX + group.x;
  if (r >= P.rows) { return; }
  let place = b_place[P.first + r];
  if (place == LEFT_OUT) {
    if (local == 0u) { b_masses[P.first + r] = bits(0.0); }
    return;
  }
  let spans = (P.classes + SPAN - 1u) / SPAN;

  var most = -LARGEST;
  var odd = false;
  for (var k = local; k < spans; k += LANES) {
    for (var c = k * SPAN; c < min(P.classes, (k + 1u) * SPAN); c++) {
      let x = logitOf(place, c);
      if (isOdd(x)) { odd = true; } else if (bits(x) != NEGATIVE_INFINITY) { most = max(most, x); }
    }
  }
  ofLane[local] = most;
  oddLanes[local] = select(0u, 1u, odd);
  workgroupBarrier();
  for (var k = 0u; k < LANES; k++) {
    most = max(most, ofLane[k]);
    odd = odd || oddLanes[k] != 0u;
  }
  workgroupBarrier();

  var part = 0.0;
  for (var k = local; k < spans; k += LANES) {
    var sum = 0.0;
    var largest = 0.0;
    for (var c = k * SPAN; c < min(P.classes, (k + 1u) * SPAN); c++) {
      let x = logitOf(place, c);
      if (isOdd(x) || bits(x) == NEGATIVE_INFINITY) { continue; }
      let e = expOf(x - most);
      sum += e;
      largest = max(largest, e);
    }
    b_spans[2u * (place * spans + k)] = bits(sum);
    b_spans[2u * (place * spans + k) + 1u] = bits(largest);
    part += sum;
  }
  ofLane[local] = part;
  workgroupBarrier();
  var z = 0.0;
  for (var k = 0u; k < LANES; k++) { z += ofLane[k]; }
  workgroupBarrier();

  let label = class_target(P.targetAt.x + (P.first + r) * P.targetAt.y) / SPAN;
  var mass = vec2<f32>(0.0, 0.0);
  for (var k = local; k < spans; k += LANES) {
    let at = 2u * (place * spans + k);
    let skip = k != label && !odd && bitcast<f32>(b_spans[at + 1u]) < P.bound * z;
    if (skip) { mass = addTo(mass, bitcast<f32>(b_spans[at]) / z); }
    b_spans[at] = select(0u, 1u, skip);
  }
  ofLane[local] = mass.x + mass.y;
  workgroupBarrier();
  if (local != 0u) { return; }
  var total = vec2<f32>(0.0, 0.0);
  for (var k = 0u; k < LANES; k++) { total = addTo(total, ofLane[k]); }
  b_masses[P.first + r] = bits(total.x + total.y);
}
