// What the lanes of a row have found, put together within each subgroup first, and these in their order then: two barriers, however many
// lanes there are. Nothing is assumed of the size of subgroups, nor of which lanes are in which.

#if MANY
#if SUBGROUPS
var<private> ownSubgroup: u32;
var<private> subgroups: u32;

// Of each subgroup, of which there are at most as many as lanes.
var<workgroup> mosts: array<f32, LANES>;
var<workgroup> numbers: array<f32, LANES>;
var<workgroup> words: array<u32, LANES>;

fn sumOfLanes(lane: u32, x: f32) -> f32 {
  let own = subgroupAdd(x);
  if (subgroupElect()) { numbers[ownSubgroup] = own; }
  workgroupBarrier();
  var all = numbers[0];
  for (var at = 1u; at < subgroups; at++) { all = all + numbers[at]; }
  workgroupBarrier();
  return all;
}

fn minOfLanes(lane: u32, x: u32) -> u32 {
  let own = subgroupMin(x);
  if (subgroupElect()) { words[ownSubgroup] = own; }
  workgroupBarrier();
  var all = words[0];
  for (var at = 1u; at < subgroups; at++) { all = min(all, words[at]); }
  workgroupBarrier();
  return all;
}

fn mostOfLanes(lane: u32, x: f32) -> f32 {
  let own = subgroupMax(x);
  if (subgroupElect()) { numbers[ownSubgroup] = own; }
  workgroupBarrier();
  var all = numbers[0];
  for (var at = 1u; at < subgroups; at++) { all = max(all, numbers[at]); }
  workgroupBarrier();
  return all;
}

fn orOfLanes(lane: u32, x: u32) -> u32 {
  let own = subgroupOr(x);
  if (subgroupElect()) { words[ownSubgroup] = own; }
  workgroupBarrier();
  var all = words[0];
  for (var at = 1u; at < subgroups; at++) { all = all | words[at]; }
  workgroupBarrier();
  return all;
}

fn countOfLanes(lane: u32, x: u32) -> u32 {
  let own = subgroupAdd(x);
  if (subgroupElect()) { words[ownSubgroup] = own; }
  workgroupBarrier();
  var all = words[0];
  for (var at = 1u; at < subgroups; at++) { all = all + words[at]; }
  workgroupBarrier();
  return all;
}

fn gather(lane: u32, part: Sum) -> Sum {
  let own = gatherSubgroup(lane, completed(part));
  if (subgroupElect()) {
    mosts[ownSubgroup] = own.most;
    numbers[ownSubgroup] = own.rest;
    words[ownSubgroup] = seenIn(own);
  }
  workgroupBarrier();
  var all = sumOf(mosts[0], numbers[0], words[0]);
  for (var at = 1u; at < subgroups; at++) { all = merged(all, sumOf(mosts[at], numbers[at], words[at])); }
  workgroupBarrier();
  return all;
}

/// One occurrence of the largest is left out: that of the first lane that has it.
fn gatherSubgroup(lane: u32, own: Sum) -> Sum {
  let most = subgroupMax(select(-LARGEST, own.most, own.some));
  let first = subgroupMin(select(LANES, lane, own.some && own.most == most));
  var term = 0.0;
  if (own.some) { term = (own.rest + 1.0) * expOf(own.most - most); }
  if (lane == first) { term = own.rest; }
  return sumOf(most, subgroupAdd(term), subgroupOr(seenIn(own)));
}
#endif
#endif
