// On tiles of TILE × TILE in workgroups of EDGE × EDGE, of which each invocation has four times four numbers.

const TILE = EDGE * 4u;

var<workgroup> tileA: array<f32, TILE * DEPTH>;
var<workgroup> tileB: array<f32, TILE * DEPTH>;

fn loadA(m: u32, k: u32) -> f32 {
  if (m >= endOfM() || k >= endOfK()) { return 0.0; }
  return get_a(P.a.x + m * P.a.y + k * P.a.z);
}

fn loadB(k: u32, n: u32) -> f32 {
  if (n >= P.n || k >= endOfK()) { return 0.0; }
  return get_b(P.b.x + k * P.b.y + n * P.b.z);
}

#if FILTERED
var<workgroup> keptByAny: atomic<u32>;
var<workgroup> needed: u32;

/// Whether the filter has kept anything of a tile of SPAN numbers along k: each invocation looks at one row of logits.
fn isTileKept(local: u32, m0: u32, k0: u32) -> bool {
  if (local == 0u) { atomicStore(&keptByAny, 0u); }
  workgroupBarrier();
#if FILTER_ROWS_M
  for (var at = local; at < TILE; at += THREADS) {
    if (isKept(m0 + at, 1u, k0, SPAN)) { atomicStore(&keptByAny, 1u); }
  }
#else
  for (var at = local; at < SPAN; at += THREADS) {
    if (isKept(m0, TILE, k0 + at, 1u)) { atomicStore(&keptByAny, 1u); }
  }
#endif
  workgroupBarrier();
  if (local == 0u) { needed = atomicLoad(&keptByAny); }
  return workgroupUniformLoad(&needed) != 0u;
}
#endif

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let across = (P.n + TILE - 1u) / TILE;
  let which = group.y * P.groupsX + group.x;
  let m0 = (which / across) * TILE;
  let n0 = (which % across) * TILE;
  if (m0 >= endOfM()) { return; }
  let x = (local % EDGE) * 4u;
  let y = (local / EDGE) * 4u;
  var sums: array<vec4<f32>, 4>;
#if FILTERED
  var skips = false;
#endif
  for (var k0 = 0u; k0 < endOfK(); k0 += DEPTH) {
#if FILTERED
    if (k0 % SPAN == 0u) { skips = !isTileKept(local, m0, k0); }
    if (skips) { continue; }
#endif
    for (var at = local; at < TILE * DEPTH; at += THREADS) {
#if A_BY_K
      tileA[(at % DEPTH) * TILE + at / DEPTH] = loadA(m0 + at / DEPTH, k0 + at % DEPTH);
#else
      tileA[at] = loadA(m0 + at % TILE, k0 + at / TILE);
#endif
#if B_BY_K
      tileB[(at % DEPTH) * TILE + at / DEPTH] = loadB(k0 + at % DEPTH, n0 + at / DEPTH);
#else
      tileB[at] = loadB(k0 + at / TILE, n0 + at % TILE);
#endif
    }
    workgroupBarrier();
    var p0 = vec4<f32>(0.0);
    var p1 = p0;
    var p2 = p0;
    var p3 = p0;
    for (var k = 0u; k < DEPTH; k++) {
      let row = k * TILE;
      let b = vec4<f32>(tileB[row + x], tileB[row + x + 1u], tileB[row + x + 2u], tileB[row + x + 3u]);
      p0 += tileA[row + y] * b;
      p1 += tileA[row + y + 1u] * b;
      p2 += tileA[row + y + 2u] * b;
      p3 += tileA[row + y + 3u] * b;
    }
    sums[0] += p0;
    sums[1] += p1;
    sums[2] += p2;
    sums[3] += p3;
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) {
    for (var j = 0u; j < 4u; j++) {
      put(m0 + y + i, n0 + x + j, sums[i][j]);
    }
  }
}
