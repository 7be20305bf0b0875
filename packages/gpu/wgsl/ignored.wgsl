/// Whether a row's index is the one that leaves it out. One of −2³¹ may stand for another (class_x); it is none of the classes either.
fn isIgnored(y: vec4<u32>) -> vec4<bool> {
  let high = select(0u, 0xffffffffu, (P.ignore.x >> 31u) != 0u);
  let can = P.ignore.y == high && P.ignore.x != 0x80000000u;
  return vec4<bool>(can) & (y == vec4<u32>(P.ignore.x));
}
