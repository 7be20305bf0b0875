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
  b_segments[at + 2u] = seenIn(sum);
}
#endif

#if FROM_SEGMENTS
/// The lane's part of the sum: one segment's, or none.
fn segmentSum(lane: u32, r: u32) -> Sum {
  if (lane >= P.segments) { return sumOf(0.0, 0.0, 0u); }
  let at = segmentAt(r, lane);
  return sumOf(bitcast<f32>(b_segments[at]), bitcast<f32>(b_segments[at + 1u]), b_segments[at + 2u]);
}
#endif
#endif
