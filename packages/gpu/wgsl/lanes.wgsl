// LANES invocations work on a row, and put together what they have found. With one lane there is nothing to put together.

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

/// The largest of finite numbers.
fn maxOfLanes(lane: u32, x: f32) -> f32 {
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

fn maxOfLanes(lane: u32, x: f32) -> f32 {
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
  /// Whether there has been a finite number, and one that makes the row have no softmax.
  some: bool,
  bad: bool,
}

fn take(sum: ptr<function, Sum>, x: f32) {
  let u = bits(x);
  if (u == NEGATIVE_INFINITY) { return; }
  if ((u & 0x7fffffffu) >= INFINITY) {
    (*sum).bad = true;
    return;
  }
  if (!(*sum).some) {
    (*sum).some = true;
    (*sum).most = x;
    return;
  }
  if (x > (*sum).most) {
    (*sum).rest = ((*sum).rest + (*sum).stretch + 1.0) * expOf((*sum).most - x);
    (*sum).stretch = 0.0;
    (*sum).most = x;
    return;
  }
  (*sum).stretch = (*sum).stretch + expOf(x - (*sum).most);
  (*sum).count = (*sum).count + 1u;
  if (((*sum).count & 31u) == 0u) {
    (*sum).rest = (*sum).rest + (*sum).stretch;
    (*sum).stretch = 0.0;
  }
}

/// The same of the whole row; `rest` is complete then.
fn gather(lane: u32, part: Sum) -> Sum {
  let some = orOfLanes(lane, select(0u, 1u, part.some)) != 0u;
  let bad = orOfLanes(lane, select(0u, 1u, part.bad)) != 0u;
  let most = maxOfLanes(lane, select(-LARGEST, part.most, part.some));
  let first = minOfLanes(lane, select(0xffffffffu, lane, part.some && part.most == most));
  var rest = 0.0;
  if (part.some) {
    rest = (part.rest + part.stretch + select(1.0, 0.0, lane == first)) * expOf(part.most - most);
  }
  return Sum(most, sumOfLanes(lane, rest), 0.0, 0u, some, bad);
}
