// c(m, n) = Σ a(m, k)·b(k, n). DEPTH products are added up first, then their sums. LIMIT_M, LIMIT_K: of that dimension there is only as much
// as rows are kept in a block. FILTERED: a is a gradient of logits, of which tiles that the gradient filter leaves out are 0 and passed over; rows
// of logits lie along m (FILTER_ROWS_M) or along k.

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

#if FILTERED
/// Whether the filter has kept a class from `k` of n along k, for a number from `m` of `count` along m.
fn isKept(m: u32, count: u32, k: u32, n: u32) -> bool {
#if FILTER_ROWS_M
  return hasKept(m, min(m + count, endOfM()), k, min(k + n, endOfK()));
#else
  return hasKept(k, min(k + n, endOfK()), m, min(m + count, endOfM()));
#endif
}

fn hasKept(row: u32, endOfRows: u32, c: u32, endOfClasses: u32) -> bool {
  if (c >= endOfClasses) { return false; }
  let last = (P.firstClass + endOfClasses - 1u) / SPAN;
  for (var r = P.firstRow + row; r < P.firstRow + endOfRows; r++) {
    for (var s = (P.firstClass + c) / SPAN; s <= last; s++) {
      if (b_spans[2u * (r * P.spans + s)] == 0u) { return true; }
    }
  }
  return false;
}
#endif

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
