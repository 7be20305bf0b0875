// Sums over the invocations of a workgroup; all of them have to call, and all get the result.

#if !MANY
var<workgroup> pairs: array<vec2<f32>, GROUP>;
var<workgroup> triples: array<vec3<f32>, GROUP>;
var<workgroup> counts: array<u32, GROUP>;

/// Of sums in two parts (`addTo`).
fn sumOfGroup(local: u32, sum: vec2<f32>) -> vec2<f32> {
  pairs[local] = sum;
  workgroupBarrier();
  for (var width = GROUP / 2u; width > 0u; width = width / 2u) {
    if (local < width) {
      let b = pairs[local + width];
      let s = addTo(pairs[local], b.x);
      pairs[local] = vec2<f32>(s.x, s.y + b.y);
    }
    workgroupBarrier();
  }
  return pairs[0];
}

/// Of three numbers.
fn threeOfGroup(local: u32, three: vec3<f32>) -> vec3<f32> {
  triples[local] = three;
  workgroupBarrier();
  for (var width = GROUP / 2u; width > 0u; width = width / 2u) {
    if (local < width) { triples[local] = triples[local] + triples[local + width]; }
    workgroupBarrier();
  }
  return triples[0];
}

/// Of counts.
fn countOfGroup(local: u32, count: u32) -> u32 {
  counts[local] = count;
  workgroupBarrier();
  for (var width = GROUP / 2u; width > 0u; width = width / 2u) {
    if (local < width) { counts[local] = counts[local] + counts[local + width]; }
    workgroupBarrier();
  }
  return counts[0];
}
#endif
