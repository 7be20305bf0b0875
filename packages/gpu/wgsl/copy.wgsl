// Any view to a dense tensor, with conversion of the dtype. INTEGERS: from one whole number to another; TO_INTEGER: from a number.

fn place(at: u32) -> u32 {
  var rest = at;
  var source = P.offset;
  for (var d = 0u; d < P.rank; d++) {
    let dim = P.rank - 1u - d;
    let size = b_dims[2u * dim];
    source += (rest % size) * b_dims[2u * dim + 1u];
    rest = rest / size;
  }
  return source;
}

@compute @workgroup_size(GROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let at = (group.y * P.groupsX + group.x) * GROUP + local;
  if (at >= P.count) { return; }
  let source = place(at);
  let to = P.to + at;
#if INTEGERS
  putWords_output(to, index_input(source));
#else
#if TO_INTEGER
  putWords_output(to, toWords(get_input(source)));
#else
  put_output(to, get_input(source));
#endif
#endif
}

/// The whole part of a number, in two's complement; 0 for what is none.
fn toWords(x: f32) -> vec2<u32> {
  let u = bits(x);
  let e = i32((u >> 23u) & 0xffu) - 150;
  if (e < -23 || e == 105) { return vec2<u32>(0u, 0u); }
  let m = (u & 0x7fffffu) | 0x800000u;
  var w = vec2<u32>(0u, 0u);
  if (e <= 0) { w.x = m >> u32(-e); }
  else if (e < 32) { w = vec2<u32>(m << u32(e), m >> u32(32 - e)); }
  else if (e < 64) { w.y = m << u32(e - 32); }
  if ((u >> 31u) != 0u) {
    w = vec2<u32>(~w.x + 1u, ~w.y + select(0u, 1u, w.x == 0u));
  }
  return w;
}
