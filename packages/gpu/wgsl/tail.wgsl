// The last bytes of what is written, which share a word with what comes behind.

@compute @workgroup_size(1)
fn main() {
  atomicAnd(&b_output[P.at], ~P.mask);
  atomicOr(&b_output[P.at], P.value);
}
