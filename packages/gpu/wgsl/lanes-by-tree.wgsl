// What the lanes of a row have found, put together by a tree in workgroup memory: on devices without subgroups.

#if MANY
#if !SUBGROUPS
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

var<workgroup> mosts: array<f32, LANES>;

fn gather(lane: u32, part: Sum) -> Sum {
  putLane(lane, completed(part));
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width = width / 2u) {
    if (lane < width) { putLane(lane, merged(laneAt(lane), laneAt(lane + width))); }
    workgroupBarrier();
  }
  let result = laneAt(0u);
  workgroupBarrier();
  return result;
}

fn putLane(lane: u32, sum: Sum) {
  mosts[lane] = sum.most;
  numbers[lane] = sum.rest;
  words[lane] = seenIn(sum);
}

fn laneAt(lane: u32) -> Sum {
  return sumOf(mosts[lane], numbers[lane], words[lane]);
}
#endif
#endif
