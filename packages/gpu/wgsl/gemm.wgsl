// c(m, n) = Σ a(m, k)·b(k, n). DEPTH products are added up first, then their sums. LIMIT_M, LIMIT_K: of that dimension there is only as much
// as rows are kept in a block.

const DEPTH = 16u;
const THREADS = EDGE * EDGE;

#if LIMITED
fn rowsThere() -> u32 {
  let count = b_counts[P.block];
  return select(0u, count - P.start, count > P.start);
}
#endif

fn endOfM() -> u32 {
#if LIMIT_M
  return min(P.m, rowsThere());
#else
  return P.m;
#endif
}

fn endOfK() -> u32 {
#if LIMIT_K
  return min(P.k, rowsThere());
#else
  return P.k;
#endif
}

fn put(m: u32, n: u32, sum: f32) {
  if (m >= endOfM() || n >= P.n) { return; }
  let at = P.c.x + m * P.c.y + n * P.c.z;
  var value = sum;
#if BIAS
  value = value + get_bias(P.bias.x + n * P.bias.z);
#endif
#if ACCUMULATE
  value = value + get_c(at);
#endif
  put_c(at, value);
}
