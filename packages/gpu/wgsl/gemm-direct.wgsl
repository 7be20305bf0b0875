// Without workgroup memory, whose barriers are dear where processors pretend to be a GPU: each invocation has eight times eight numbers, and
// reads what it needs.

/// Where four rows of an operand begin; the last one stands in for those that are not there.
fn fourPlaces(first: u32, count: u32, offset: u32, step: u32) -> vec4<u32> {
  return offset + min(vec4<u32>(first, first + 1u, first + 2u, first + 3u), vec4<u32>(count - 1u)) * step;
}

fn fourOfA(at: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(get_a(at.x), get_a(at.y), get_a(at.z), get_a(at.w));
}

fn fourOfB(at: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(get_b(at.x), get_b(at.y), get_b(at.z), get_b(at.w));
}

/// Columns are rows of the product.
fn outer(a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(a.x * b, a.y * b, a.z * b, a.w * b);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let tile = EDGE * 8u;
  let across = (P.n + tile - 1u) / tile;
  let which = group.y * P.groupsX + group.x;
  let m = (which / across) * tile + (local / EDGE) * 8u;
  let n = (which % across) * tile + (local % EDGE) * 8u;
  if (m >= endOfM() || n >= P.n) { return; }
  let end = endOfK();
  let a0 = fourPlaces(m, P.m, P.a.x, P.a.y);
  let a4 = fourPlaces(m + 4u, P.m, P.a.x, P.a.y);
  let b0 = fourPlaces(n, P.n, P.b.x, P.b.z);
  let b4 = fourPlaces(n + 4u, P.n, P.b.x, P.b.z);
  var sum00 = mat4x4<f32>();
  var sum04 = sum00;
  var sum40 = sum00;
  var sum44 = sum00;
  for (var k0 = 0u; k0 < end; k0 += DEPTH) {
#if FILTERED
    if (!isKept(m, 8u, k0, DEPTH)) { continue; }
#endif
    var part00 = mat4x4<f32>();
    var part04 = part00;
    var part40 = part00;
    var part44 = part00;
    for (var k = k0; k < min(end, k0 + DEPTH); k++) {
      let x0 = fourOfA(a0 + k * P.a.z);
      let x4 = fourOfA(a4 + k * P.a.z);
      let y0 = fourOfB(b0 + k * P.b.y);
      let y4 = fourOfB(b4 + k * P.b.y);
      part00 += outer(x0, y0);
      part04 += outer(x0, y4);
      part40 += outer(x4, y0);
      part44 += outer(x4, y4);
    }
    sum00 += part00;
    sum04 += part04;
    sum40 += part40;
    sum44 += part44;
  }
  var sums = array<mat4x4<f32>, 4>(sum00, sum04, sum40, sum44);
  for (var i = 0u; i < 8u; i++) {
    for (var j = 0u; j < 8u; j++) {
      put(m + i, n + j, sums[i / 4u * 2u + j / 4u][i % 4u][j % 4u]);
    }
  }
}
