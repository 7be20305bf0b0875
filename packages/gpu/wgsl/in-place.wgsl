// The gradient goes where the logits are.

fn put_gradient(i: u32, v: f32) {
  put_logits(i, v);
}

#if IN_FOURS
fn put4_gradient(i: u32, v: vec4<f32>) {
  put4_logits(i, v);
}
#endif
