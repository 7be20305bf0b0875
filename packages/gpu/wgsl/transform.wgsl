// x ← softcap·tanh(logitScale·x / softcap), and its derivative.

#if TRANSFORM
fn transformed(x: f32) -> f32 {
#if SOFTCAP
  if (isNan(x)) { return x; }
  let y = x * P.logitScale / P.softcap;
  return P.softcap * tanhOf(y);
#else
  return x * P.logitScale;
#endif
}

/// The derivative of what becomes of a logit.
fn slopeOfTransform(x: f32) -> f32 {
#if SOFTCAP
  if (isNan(x)) { return x; }
  let t = tanhOf(x * P.logitScale / P.softcap);
  return P.logitScale * ((1.0 - t) * (1.0 + t));
#else
  return P.logitScale;
#endif
}
#endif
