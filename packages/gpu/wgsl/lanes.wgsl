// LANES invocations of a workgroup work on a row, and put together what they have found: over subgroups where the device has these
// (lanes-by-subgroups.wgsl), else by a tree (lanes-by-tree.wgsl). With one lane there is nothing to put together. SEGMENTS: so many
// workgroups work on a row (segments.wgsl).

/// All lanes that share a row.
fn stride() -> u32 {
#if SEGMENTS
  return LANES * P.segments;
#else
  return LANES;
#endif
}

/// The sum of a row's exponentials, term by term: e^(x − most) of all but one occurrence of the largest. Stretches of 32 terms are
/// added up first.
struct Sum {
  most: f32,
  rest: f32,
  stretch: f32,
  count: u32,
  /// Whether there has been a finite number, one of ∞, and one that is none.
  some: bool,
  infinite: bool,
  notNumber: bool,
}

/// Takes in four numbers; −∞ where there are less.
fn takeFour(sum: ptr<function, Sum>, x: vec4<f32>) {
  let u = bitcast<vec4<u32>>(x);
  let finite = (u & vec4<u32>(0x7fffffffu)) < vec4<u32>(INFINITY);
  if (any(u == vec4<u32>(INFINITY))) { (*sum).infinite = true; }
  if (any((u & vec4<u32>(0x7fffffffu)) > vec4<u32>(INFINITY))) { (*sum).notNumber = true; }
  let y = select(vec4<f32>(-LARGEST), x, finite);
  let most = max(max(y.x, y.y), max(y.z, y.w));
  var first = finite & (y == vec4<f32>(most));
  let grows = any(finite) && (!(*sum).some || most > (*sum).most);
  if (grows) {
    if ((*sum).some) {
      (*sum).rest = ((*sum).rest + (*sum).stretch + 1.0) * expOf((*sum).most - most);
      (*sum).stretch = 0.0;
    }
    (*sum).most = most;
    (*sum).some = true;
  }
  var e = expOfFour(min(y - vec4<f32>((*sum).most), vec4<f32>(0.0)));
  e = select(vec4<f32>(0.0), e, finite);
  // One occurrence of a new largest number is left out.
  first = first & vec4<bool>(grows);
  e.x = select(e.x, 0.0, first.x);
  e.y = select(e.y, 0.0, first.y && !first.x);
  e.z = select(e.z, 0.0, first.z && !(first.x || first.y));
  e.w = select(e.w, 0.0, first.w && !(first.x || first.y || first.z));
  (*sum).stretch = (*sum).stretch + ((e.x + e.y) + (e.z + e.w));
  (*sum).count = (*sum).count + 1u;
  if (((*sum).count & 7u) == 0u) {
    (*sum).rest = (*sum).rest + (*sum).stretch;
    (*sum).stretch = 0.0;
  }
}

/// The sum, with its stretch added up.
fn completed(part: Sum) -> Sum {
  return Sum(part.most, part.rest + part.stretch, 0.0, 0u, part.some, part.infinite, part.notNumber);
}

#if MANY
/// What two lanes have found, of which `rest` is complete.
fn merged(a: Sum, b: Sum) -> Sum {
  var all = a;
  all.infinite = a.infinite || b.infinite;
  all.notNumber = a.notNumber || b.notNumber;
  if (!b.some) { return all; }
  all.some = true;
  all.most = b.most;
  all.rest = b.rest;
  if (!a.some) { return all; }
  if (b.most > a.most) {
    all.rest = b.rest + (a.rest + 1.0) * expOf(a.most - b.most);
  } else {
    all.rest = a.rest + (b.rest + 1.0) * expOf(b.most - a.most);
    all.most = a.most;
  }
  return all;
}

/// What there was in a sum, as a word.
fn seenIn(sum: Sum) -> u32 {
  return select(0u, 1u, sum.some) | select(0u, 2u, sum.infinite) | select(0u, 4u, sum.notNumber);
}

fn sumOf(most: f32, rest: f32, seen: u32) -> Sum {
  return Sum(most, rest, 0.0, 0u, (seen & 1u) != 0u, (seen & 2u) != 0u, (seen & 4u) != 0u);
}
#else
fn sumOfLanes(lane: u32, x: f32) -> f32 {
  return x;
}

fn minOfLanes(lane: u32, x: u32) -> u32 {
  return x;
}

fn orOfLanes(lane: u32, x: u32) -> u32 {
  return x;
}

fn countOfLanes(lane: u32, x: u32) -> u32 {
  return x;
}

/// The same of the whole row; `rest` is complete then.
fn gather(lane: u32, part: Sum) -> Sum {
  return completed(part);
}
#endif
