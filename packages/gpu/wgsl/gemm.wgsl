// c(m, n) = Σ a(m, k)·b(k, n). DEPTH products are added up first, then their sums. MASK_M, MASK_K: rows of tokens that are left out
// count as 0.

const DEPTH = 16u;
const THREADS = EDGE * EDGE;

fn isKept(row: u32) -> bool {
#if MASKED
  return b_kept[P.keptAt + row] != 0u;
#else
  return true;
#endif
}

fn put(m: u32, n: u32, sum: f32) {
  if (m >= P.m || n >= P.n) { return; }
  let at = P.c.x + m * P.c.y + n * P.c.z;
  var value = sum;
#if BIAS
  value = value + get_bias(P.bias.x + n * P.bias.z);
#endif
#if ACCUMULATE
  value = value + get_c(at);
#endif
#if MASK_M
  if (!isKept(m)) { value = 0.0; }
#endif
  put_c(at, value);
}
