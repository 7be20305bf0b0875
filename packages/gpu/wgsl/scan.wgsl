// A lane takes its classes by fours: FOURS, neighbours; otherwise every so manieth. `place` is its number among all that share a row.

fn firstFour(place: u32) -> u32 {
#if FOURS
  return 4u * place;
#else
  return place;
#endif
}

fn classesOfFour(c: u32) -> vec4<u32> {
#if FOURS
  return vec4<u32>(c, c + 1u, c + 2u, c + 3u);
#else
  return vec4<u32>(c, c + stride(), c + 2u * stride(), c + 3u * stride());
#endif
}

/// Whether there are four.
fn isWhole(c: u32) -> bool {
#if FOURS
  return c < P.classes;
#else
  return c + 3u * stride() < P.classes;
#endif
}

/// Four logits of a row that begins at x0, whose classes are `step` apart.
fn fourFrom(x0: u32, step: u32, c: u32) -> vec4<f32> {
#if FOURS
  return masked(fourLogits(x0 + c));
#else
  let at = vec4<u32>(x0) + classesOfFour(c) * step;
  return masked(vec4<f32>(logitAt(at.x), logitAt(at.y), logitAt(at.z), logitAt(at.w)));
#endif
}

/// The sum of a lane's part of a row: each component of four by itself, if all numbers are ordinary; what is left, and what is not
/// ordinary, in the order of takeFour.
fn scan(place: u32, x0: u32, step: u32) -> Sum {
  var part = Sum(0.0, 0.0, 0.0, 0u, false, false, false);
  var c = firstFour(place);
  if (isWhole(c)) {
    var all = firstOfFours(fourFrom(x0, step, c));
    var next = c + 4u * stride();
    while (isWhole(next)) {
      for (var k = 0u; k < 8u && isWhole(next); k++) {
        takeFours(&all, fourFrom(x0, step, next));
        next += 4u * stride();
      }
      endStretch(&all);
    }
    let most = all.most;
    let top = max(max(most.x, most.y), max(most.z, most.w));
    if (isOrdinary(all.largest) && top > MASKED) {
      part.some = true;
      part.most = top;
      // One occurrence of the largest is left out.
      let isMost = most == vec4<f32>(top);
      let first = vec4<bool>(
        isMost.x,
        isMost.y && !isMost.x,
        isMost.z && !(isMost.x || isMost.y),
        isMost.w && !(isMost.x || isMost.y || isMost.z),
      );
      let terms = select((all.rest + 1.0) * expOfFour(most - vec4<f32>(top)), all.rest, first);
      part.rest = (terms.x + terms.y) + (terms.z + terms.w);
      c = next;
    }
  }
  for (; c < P.classes; c += 4u * stride()) {
    let classes = classesOfFour(c);
    var x = vec4<f32>(special(NEGATIVE_INFINITY));
    x.x = logitAt(x0 + classes.x * step);
    if (classes.y < P.classes) { x.y = logitAt(x0 + classes.y * step); }
    if (classes.z < P.classes) { x.z = logitAt(x0 + classes.z * step); }
    if (classes.w < P.classes) { x.w = logitAt(x0 + classes.w * step); }
    takeFour(&part, x);
  }
  return part;
}
