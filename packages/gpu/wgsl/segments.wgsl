// Few long rows have several workgroups each. One kernel leaves what each of these, a segment, has seen of a row; the next begins with all of
// that instead of with the logits, so that each of its workgroups knows the whole row.

#if SEGMENTS
/// Words of a segment: of the sum largest, rest and what there was; then the target's logit, and what of masses and gaps there was.
const SEGMENT = 9u;

fn segmentAt(r: u32, segment: u32) -> u32 {
  return SEGMENT * (r * P.segments + segment);
}

#if OUT_SEGMENTS
fn putSum(at: u32, sum: Sum) {
  b_segments[at] = bits(sum.most);
  b_segments[at + 1u] = bits(sum.rest);
  b_segments[at + 2u] = select(0u, 1u, sum.some) | select(0u, 2u, sum.infinite) | select(0u, 4u, sum.notNumber);
}
#endif

#if FROM_SEGMENTS
/// The lane's part of the sum: one segment's, or none.
fn segmentSum(lane: u32, r: u32) -> Sum {
  var part = Sum(0.0, 0.0, 0.0, 0u, false, false, false);
  if (lane < P.segments) {
    let at = segmentAt(r, lane);
    let was = b_segments[at + 2u];
    part.most = bitcast<f32>(b_segments[at]);
    part.rest = bitcast<f32>(b_segments[at + 1u]);
    part.some = (was & 1u) != 0u;
    part.infinite = (was & 2u) != 0u;
    part.notNumber = (was & 4u) != 0u;
  }
  return part;
}
#endif
#endif
