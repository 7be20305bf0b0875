// LANES invocations of a workgroup work on a row, and put together what they have found. With one lane there is nothing to put
// together. SEGMENTS: so many workgroups do (segments.wgsl).

/// All lanes that share a row.
fn stride() -> u32 {
#if SEGMENTS
  return LANES * P.segments;
#else
  return LANES;
#endif
}

#if MANY
var<workgroup> numbers: array<f32, LANES>;
var<workgroup> words: array<u32, LANES>;

fn sumOfLanes(lane: u32, x: f32) -> f32 {
  numbers[lane] = x;
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width = width / 2u) {
    if (lane < width) { numbers[lane] = numbers[lane] + numbers[lane + width]; }
    workgroupBarrier();
  }
  let result = numbers[0];
  workgroupBarrier();
  return result;
}

fn minOfLanes(lane: u32, x: u32) -> u32 {
  words[lane] = x;
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width = width / 2u) {
    if (lane < width) { words[lane] = min(words[lane], words[lane + width]); }
    workgroupBarrier();
  }
  let result = words[0];
  workgroupBarrier();
  return result;
}

fn mostOfLanes(lane: u32, x: f32) -> f32 {
  numbers[lane] = x;
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width = width / 2u) {
    if (lane < width) { numbers[lane] = max(numbers[lane], numbers[lane + width]); }
    workgroupBarrier();
  }
  let result = numbers[0];
  workgroupBarrier();
  return result;
}

fn orOfLanes(lane: u32, x: u32) -> u32 {
  words[lane] = x;
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width = width / 2u) {
    if (lane < width) { words[lane] = words[lane] | words[lane + width]; }
    workgroupBarrier();
  }
  let result = words[0];
  workgroupBarrier();
  return result;
}

fn countOfLanes(lane: u32, x: u32) -> u32 {
  words[lane] = x;
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width = width / 2u) {
    if (lane < width) { words[lane] = words[lane] + words[lane + width]; }
    workgroupBarrier();
  }
  let result = words[0];
  workgroupBarrier();
  return result;
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
#endif

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

#if MANY
var<workgroup> mosts: array<f32, LANES>;
#endif

/// The same of the whole row; `rest` is complete then.
fn gather(lane: u32, part: Sum) -> Sum {
#if MANY
  mosts[lane] = part.most;
  numbers[lane] = part.rest + part.stretch;
  words[lane] = select(0u, 1u, part.some) | select(0u, 2u, part.infinite) | select(0u, 4u, part.notNumber);
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width = width / 2u) {
    if (lane < width) {
      let other = lane + width;
      let a = words[lane];
      let b = words[other];
      if ((b & 1u) != 0u) {
        if ((a & 1u) == 0u) {
          mosts[lane] = mosts[other];
          numbers[lane] = numbers[other];
        } else if (mosts[other] > mosts[lane]) {
          numbers[lane] = numbers[other] + (numbers[lane] + 1.0) * expOf(mosts[lane] - mosts[other]);
          mosts[lane] = mosts[other];
        } else {
          numbers[lane] = numbers[lane] + (numbers[other] + 1.0) * expOf(mosts[other] - mosts[lane]);
        }
      }
      words[lane] = a | b;
    }
    workgroupBarrier();
  }
  let found = words[0];
  let result = Sum(mosts[0], numbers[0], 0.0, 0u, (found & 1u) != 0u, (found & 2u) != 0u, (found & 4u) != 0u);
  workgroupBarrier();
  return result;
#else
  return Sum(part.most, part.rest + part.stretch, 0.0, 0u, part.some, part.infinite, part.notNumber);
#endif
}
