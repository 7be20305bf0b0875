// Sums over the invocations of a workgroup. All of them have to call; the first one gets the result. Barriers are dear on processors
// that pretend to be a GPU, so there are two: some add up a part each, then the first one adds up these.

#if !MANY
/// A sum in two parts (`addTo`), three more numbers, and a count.
struct Totals {
  sum: vec2<f32>,
  others: vec3<f32>,
  count: u32,
}

const ADDING = 8u;

var<workgroup> parts: array<Totals, GROUP>;

fn totalOfGroup(local: u32, own: Totals) -> Totals {
  parts[local] = own;
  workgroupBarrier();
  if (local < ADDING) { parts[local] = added(local, GROUP, ADDING); }
  workgroupBarrier();
  if (local > 0u) { return own; }
  return added(0u, ADDING, 1u);
}

fn added(first: u32, end: u32, step: u32) -> Totals {
  var all = parts[first];
  for (var at = first + step; at < end; at += step) {
    let other = parts[at];
    all.sum = addTo(all.sum, other.sum.x);
    all.sum.y = all.sum.y + other.sum.y;
    all.others = all.others + other.others;
    all.count = all.count + other.count;
  }
  return all;
}
#endif
